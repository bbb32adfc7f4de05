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
    'parent parents patient patience patents agent event events recent decent production productions protection selection election reduction ' +
    'direction section sections inspection collection connection correction injection reaction estimator estimators predictor predictors ' +
    'classified classifiers location rotation station stations vacation region regions religion version versions session sessions ' +
    'passion pension tension mission fusion ration ratio ratios nation income incomes outcomes incoming average averages leverage ' +
    'beverage coverage memory history factory battery delivery machine machines mashing marine medicine medical musical physical ' +
    'topical typical tropical critical vertical surface service services device devices advice notice notices office offices ' +
    'categorise categorize categorised categorized categorising categorizing prioritise prioritize organise organize optimise optimize ' +
    'voice choice justice practice invoice invoices finance balance balances distance instance substance importance ' +
    'insurance assurance entrance chance chances change changes charge charges challenge charger danger manager managers passenger ' +
    'messenger stranger tracker trackers trailer trailers trainer trainers banker brokers locker marker markers maker makers ' +
    'taker takers baker bakers speaker speakers breaker sensor sensors vendor vendors tender tenders lender lenders ' +
    'sender senders tendency pending spending sending lending bending landing banding binding finding funding landings'
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
    'l ml d bbl bpm rpm mph kmh nm sqft sqm m2 ft feet inch inches mpa psi degc celsius tons tonnes kilometers kilometres meters metres'
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
  ['cpc', ['cost', 'per', 'click']],
  ['cpa', ['cost', 'per', 'acquisition']],
  ['aov', ['average', 'order', 'value']],
  ['nps', ['promoter', 'score']],
  ['mtbf', ['time', 'between', 'failures']],
  ['ttr', ['time', 'to', 'resolution']],
  ['ebitda', ['earnings']],
  ['t2d', ['diabetes']],
  ['dm', ['diabetes']],
  ['mi', ['infarction']],
  ['icu', ['intensive', 'care']],
  ['bmi', ['body', 'mass', 'index']],
  ['dob', ['date', 'of', 'birth']],
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
  ['csat', ['customer', 'satisfaction']],
  ['aht', ['average', 'handle', 'time']],
  ['eta', ['arrival', 'time']],
  ['nbr', ['number']],
  ['sqft', ['square', 'feet']],
  ['lat', ['latitude']],
  ['lon', ['longitude']],
  ['lng', ['longitude']],
  ['mfg', ['manufacturing']],
  ['mnt', ['maintenance']],
  ['maint', ['maintenance']],
  ['perf', ['performance']],
  ['eng', ['engine']],
  ['freq', ['frequency']],
  ['inc', ['income']],
  ['pay', ['payment']],
  ['pmt', ['payment']],
  ['sub', ['subscription']],
  ['cxl', ['cancelled']],
  ['ret', ['return']],
  ['del', ['delivery']],
  ['deliv', ['delivery']],
  ['loc', ['location']],
  ['dest', ['destination']],
  ['orig', ['origin']],
  ['veh', ['vehicle']],
  ['rev', ['revenue']],
]);

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
