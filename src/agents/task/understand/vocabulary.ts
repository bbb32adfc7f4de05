/** Words whose misspelling would change what is understood. */
export const cueWords: ReadonlySet<string> = new Set(
  (
    'predict predicts predicting prediction predictions predictive estimate estimates estimating estimation classify classifies ' +
    'classification classifier classifying regression regressor detect detecting detection determine forecast forecasting ' +
    'accuracy accurate balanced precision recall sensitivity specificity error errors average absolute squared percentage percent ' +
    'score median threshold probability probabilities whether without ignore ignoring exclude excluding except dropping omit ' +
    'least under below above better smaller larger faster within milliseconds millisecond seconds second minutes minute hours ' +
    'kilobytes megabytes memory latency training weighted weights column columns target label outcome model customers customer ' +
    'patients false positive positives negative negatives alarms several grouped ordered sorted fairness discriminate ' +
    'maximum minimum category categories classes correct correctly'
  ).split(' '),
);

/** Frequent words that are close to a cue or a column name, but are no misspelling of it. */
export const commonWords: ReadonlySet<string> = new Set(
  (
    'weather weathers where there these those which while other others their would could should about after again before being ' +
    'between build built cases common company data dates during every first found given going great group groups guess house ' +
    'houses large later learn leave level levels likely little local lower major makes making means might more most much must ' +
    'names never night north number numbers often order orders people person place places please point points possible price ' +
    'prices quality question quick quite rather really report result results right risks round rows sample second sells shall ' +
    'shape short shows since small south space speed stage stand start state states still store study table taken takes tests ' +
    'thank thanks their them then thing things think three times today total train trained trains under units until usage used ' +
    'useful users using usual value values visit visits water weeks whole whose women words world worth write years young ' +
    'clean class clear close count country course hello hours human input inputs items known light lines local looks alert ' +
    'alerts alarm least leasts bring bright reach reaches catch sales sale salary staff contact contacts contract rating ratings ' +
    'waiting training rain rains raining brain grain label labels table cable mail male female scare share shares score scores ' +
    'sorted stored started stared marked market markets models modes model module mobile weight height eight freight sight ' +
    'form forms former farms firms items terms teams times types tapes test text context content contents extent extend ' +
    'plane plant plants planet plan plans place plate plates player players play plays delay delays relay defect defects detest ' +
    'deflect direct effect affect expect respect aspect inspect project product products subject object present percent prevent ' +
    'parent parents patient patience patents agent event events recent decent'
  ).split(' '),
);

/** Spellings that are written often and mean one thing. */
export const spellings: ReadonlyMap<string, string> = new Map([
  ['teh', 'the'],
  ['atleast', 'at least'],
  ['atmost', 'at most'],
  ['pls', 'please'],
  ['plz', 'please'],
  ['dont', "don't"],
  ['doesnt', "doesn't"],
  ['cant', "can't"],
  ['cannot', "can't"],
  ['wont', "won't"],
  ['shouldnt', "shouldn't"],
  ['mustnt', "mustn't"],
  ['acc', 'accuracy'],
  ['w/o', 'without'],
  ['w/', 'with'],
  ['whithout', 'without'],
  ['witout', 'without'],
  ['wich', 'which'],
  ['wether', 'whether'],
  ['percents', 'percent'],
  ['pct', 'percent'],
  ['perc', 'percent'],
  ['prob', 'probability'],
  ['clf', 'classifier'],
  ['u', 'you'],
  ['prognose', 'predict'],
  ['prognosticate', 'predict'],
  ['bal', 'balanced'],
  ['milisecond', 'millisecond'],
  ['miliseconds', 'milliseconds'],
  ['wanna', 'want to'],
  ['gonna', 'going to'],
  ['thats', "that's"],
  ['whats', "what's"],
  ['whos', "who's"],
  ['im', "i'm"],
  ['id', 'id'],
]);

/** Units at the end of a column's name; they say how it is measured, not what it is. */
export const unitWords: ReadonlySet<string> = new Set(
  (
    'mm cm m km kg g mg lbs lb oz eur usd gbp chf dollar dollars euro euros pounds cents kwh mwh kw mw w ms s sec secs second ' +
    'seconds min mins minute minutes h hr hrs hour hours day days week weeks month months yr yrs year years pct percent c f k t ha ' +
    'l ml bpm rpm mph kmh nm sqft sqm m2 ft feet inch inches mpa psi degc celsius tons tonnes kilometers kilometres meters metres'
  ).split(' '),
);

/** Words of a name that say little about what the column is. */
export const weakWords: ReadonlySet<string> = new Set(
  'is has was were the a an of in per id no nr num number flag code val value total avg mean average current final new type class col column field var yn bin ind indicator status cat group level 0 1 2 3'.split(
    ' ',
  ),
);

/** Abbreviations in column names and what they stand for. */
export const abbreviations: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ['temp', ['temperature']],
  ['avg', ['average']],
  ['amt', ['amount']],
  ['qty', ['quantity']],
  ['los', ['length', 'of', 'stay']],
  ['mpg', ['miles', 'per', 'gallon']],
  ['arr', ['arrival']],
  ['dep', ['departure']],
  ['emp', ['employee']],
  ['cust', ['customer']],
  ['wt', ['weight']],
  ['ht', ['height']],
  ['bp', ['blood', 'pressure']],
  ['sbp', ['systolic', 'blood', 'pressure']],
  ['dbp', ['diastolic', 'blood', 'pressure']],
  ['hp', ['horsepower']],
  ['pop', ['population']],
  ['dist', ['distance']],
  ['dur', ['duration']],
  ['cons', ['consumption']],
  ['exp', ['experience']],
  ['edu', ['education']],
  ['occ', ['occupation']],
  ['dept', ['department']],
  ['mgr', ['manager']],
  ['prod', ['product']],
  ['cat', ['category']],
  ['desc', ['description']],
  ['addr', ['address']],
  ['acct', ['account']],
  ['bal', ['balance']],
  ['txn', ['transaction']],
  ['tx', ['transaction']],
  ['trans', ['transaction']],
  ['prob', ['probability']],
  ['pts', ['points']],
  ['pt', ['patient']],
  ['pat', ['patient']],
  ['subj', ['subject']],
  ['dx', ['diagnosis']],
  ['diag', ['diagnosis']],
  ['hosp', ['hospital']],
  ['sev', ['severity']],
  ['cnt', ['count']],
  ['num', ['number']],
  ['yr', ['year']],
  ['dob', ['date', 'of', 'birth']],
  ['chol', ['cholesterol']],
  ['gluc', ['glucose']],
  ['hum', ['humidity']],
  ['vol', ['volume']],
  ['press', ['pressure']],
  ['vel', ['velocity']],
  ['consump', ['consumption']],
  ['rul', ['remaining', 'useful', 'life']],
  ['ltv', ['lifetime', 'value']],
  ['clv', ['customer', 'lifetime', 'value']],
  ['cltv', ['customer', 'lifetime', 'value']],
  ['ctr', ['click', 'rate']],
  ['gpa', ['grade', 'point', 'average']],
  ['sal', ['salary']],
  ['rev', ['revenue']],
  ['med', ['median']],
  ['hum', ['humidity']],
  ['def', ['default']],
  ['surv', ['survival']],
  ['qual', ['quality']],
  ['conc', ['concentration']],
  ['cond', ['condition']],
  ['eff', ['efficiency']],
  ['str', ['strength']],
]);

/** Groups of words that people use for one another when they speak of a column. */
export const synonymGroups: readonly (readonly string[])[] = [
  'churn churned churner attrition leave leaves leaving left quit quits quitting cancel cancels cancelled canceled cancellation exit exited unsubscribe resign resigns resignation defect defects turnover retention retained stay',
  'survive survival survived die died dies death dead mortality deceased',
  'price cost costs value sell sells sold sale worth pricing expensive rent fetch',
  'fraud fraudulent scam scams',
  'default defaults defaulted repay repaid repayment delinquent delinquency insolvency bankrupt bankruptcy',
  'diagnosis disease sick ill illness cancer tumour tumor diagnose diagnosed',
  'fail failure fails failing failed break breaks breakdown fault faulty broken malfunction defective',
  'delay delayed late delays lateness',
  'pass passed passes passing',
  'weight heavy weigh weighs mass',
  'height tall',
  'income salary earn earns wage wages pay earnings compensation paid',
  'revenue earn earns gross turnover takings sales',
  'rating rate rated score scores stars vote votes rates ratings',
  'consumption consume consumes usage demand load use',
  'yield harvest crop',
  'count many counts rentals',
  'age old',
  'sex gender male female',
  'species kind sort',
  'origin come comes country nationality',
  'spam junk',
  'click clicks clicked',
  'approve approval approved approves grant granted accept accepted acceptance',
  'purchase buy buys bought purchased purchases convert converts conversion converted order orders',
  'duration long length lasts',
  'temperature temp warm hot cold',
  'quality good',
  'grade mark marks',
  'zip zipcode postcode postal',
  'speed fast velocity',
  'size big large area',
  'strength strong',
  'hire hired hiring',
  'admit admitted admission',
  'readmit readmission readmitted return returns',
  'subscribe subscribed subscription subscribes deposit',
  'breed breeds',
  'colour color',
  'job occupation profession',
  'respond response responds responded',
  'accident accidents crash crashes',
  'charge charges fee fees premium premiums bill',
  'defect defective faulty scrap',
  'win winner wins won',
  'poisonous edible toxic',
  'insurance insured',
  'education educated degree',
  'race ethnicity ethnic',
  'religion religious faith',
  'distance far',
  'expenditure spend spends spending spent',
  'emission emissions co2',
  'amount sum',
  'category genre kind',
  'attack intrusion',
  'loss losses claim claims',
  'customer client clients customers',
  'employee employees worker staff',
  'car vehicle cars vehicles auto',
  'house home houses property',
  'movie film films movies',
  'stroke strokes',
  'offence offense crime crimes recidivism reoffend reoffends',
  'no-show noshow absent absence',
  'maintenance repair',
  'wait waiting',
  'doctor physician',
].map((group) => group.split(' '));

/** Names of columns that are made to be predicted. */
export const targetNames: ReadonlySet<string> = new Set(
  'target label labels class y outcome response dependent groundtruth truth output tobepredicted ytrue targetvalue classlabel result classification'.split(
    ' ',
  ),
);

/** Words of a name that mark an outcome rather than a property; weaker than a target's name. */
export const outcomeWords: ReadonlySet<string> = new Set(
  (
    'churn churned attrition exited survived survival fraud diagnosis default defaulted failure failed species price quality ' +
    'readmitted readmit approved passed converted conversion clicked purchased purchase subscribed sentiment spam ' +
    'target label outcome class consumption yield revenue sales canceled cancelled hired accepted admitted won winner result'
  ).split(' '),
);

/** Words of a column that describes a protected property of people. */
export const sensitiveWords: ReadonlySet<string> = new Set(
  'gender sex race ethnicity ethnic religion nationality age disability orientation citizenship skin marital pregnant'.split(
    ' ',
  ),
);

/** One-letter labels and the words that they stand for. */
export const letterWords: readonly (readonly [string, readonly string[]])[] = [
  ['M', ['malignant', 'male', 'men', 'man']],
  ['B', ['benign']],
  ['F', ['female', 'women', 'woman']],
  ['P', ['positive', 'present', 'poisonous', 'pass']],
  ['N', ['negative', 'normal', 'no']],
  ['Y', ['yes']],
  ['T', ['true']],
  ['R', ['rock']],
  ['G', ['good']],
  ['E', ['edible']],
  ['S', ['spam', 'sick']],
  ['D', ['diseased', 'dead', 'default']],
  ['A', ['alive', 'abnormal']],
  ['H', ['healthy', 'ham']],
];
