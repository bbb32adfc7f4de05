/** Verbs that ask for something to be predicted. */
export const verb =
  /(?<![\p{L}])(?:predict(?:s|ing|ion|ions|ed|or)?|estimat(?:e|es|ing|ion|or)|forecast(?:s|ing)?|classif(?:y|ies|ying|ication|ier)(?: of)?|categori[sz](?:e|es|ing)|detect(?:s|ing|ion|or)?(?: of)?|guess(?:ing)?|model(?:l?ing)?(?= (?:the|for|of|to|that|how|which|whether|\p{L}+ing)? ?)|determin(?:e|es|ing)|find out|figure out|infer(?:ring)?|identify(?:ing)?|recogni[sz](?:e|ing)|regress(?:ing)?|score|foresee|anticipat(?:e|ing)|work out|calculat(?:e|ing)|learn(?:ing)?(?: to)?|know(?: in advance)?|assess(?:ing)?|approximat(?:e|ing)|diagnos(?:e|ing)|tell(?: me| us)?|want(?: to know)?|spot(?:ting)?|notic(?:e|es|ing)(?: when| if| that)?|find|interested in|goal is|grade|rate|warn(?:ed|ings?)?(?: when| of| about| for)?|alerts?(?: when| of| about| for| on)?|screen(?:ing)? for|watch for|give me|expect(?:ed)?)(?![\p{L}])/gu;
/** Words that open a question. */
export const asking =
  /(?<![\p{L}])(?:whether|who(?:'s|se)?|which|how (?:much|many|long|old|heavy|tall|high|late|big|large|fast|far|expensive|strong|hot|warm|cold|wide|deep|good|well|likely)|what|where|will|would (?:a|an|the|they|he|she|someone|our|my|this|people)|is (?:a|an|the|this)|(?:should|does|did) (?:a|an|the|this|my|our|we)|are|if (?:a|an|the|it|someone|he|she|our|my|this)|probability(?: that| of)?|likelihood(?: that| of)?|chances?(?: that| of)?|risk of|likely to|going to)(?![\p{L}])/gu;
/** What stands before a column that is called the target. */
export const explicitBefore =
  /(?:(?:the |my |our )?(?:target|label|outcome|dependent|response|output|to predict|predict|goal|class|ground truth)(?: column| variable| field| feature| label)?(?:(?: is| are| =| being| should be| shall be| must be| will be| called| named| in)+(?: the| in| column| called| named| in column)*|:|=| =| :) ?["'`“‘(]?$)|(?:(?:target|label|response|outcome|dependent variable|y) ["'`“‘]$)|(?:column|field|variable) ["'`“‘]$|(?:^| )p(?:r|rob)?[([]$/u;
/** What stands behind a column that is called the target. */
export const explicitAfter =
  /^["'`”’)]? ?(?:(?:column |field |variable )?(?:as|is|be|being|to be|should be|will be|serves as|acts as|contains|holds)(?: | the | a | an | our | my | what | i | we | want | to )*(?:target|label|outcome|dependent|response|goal|predict(?:ed)?|output|class label|y\b|variable to (?:be )?predict|thing to predict|column to predict|ground truth|what (?:i|we|you|it))|(?:is|are) (?:what|the (?:thing|one|column|value|number)) (?:i|we|that|to|which)|(?:is|are) to be predicted|(?:should|must|has to|needs to|can) be (?:predicted|estimated|forecast|classified|the target|the label|the outcome)|column$|~)/u;
/** What stands behind a column in "churn prediction". */
export const headAfter =
  /^["'`”’)]? ?(?:prediction|predictor|model\b|classifier|classification|regressor|regression|risk|detection|detector|filter|forecast|estimat(?:e|ion|or)|prognosis|probability|propensity|score|scoring|column|recognition|warning)/u;
/** Words that end a verb's reach. */
export const stop =
  /^(?:from|using|given|based|with|without|knowing|through|via|except|because|ignoring|excluding|weighted|where|since|while|under|over|against|at|for)$/u;
/** What stands before a column that is not wanted. */
export const negation =
  /(?:(?<![\p{L}])(?:(?<!(?:will|would|might|may|could|who do|that do) )not|rather than|instead of|never mind|forget about|no longer|don't care (?:about|for|how|what)|don't need|don't want|don't predict|do not predict|not interested in|not to predict|not predict|isn't|is not))(?: (?:the|a|an|its|their|how|much|many|it|about|in|predict|so|whether|which|for|by|any|just|of))*(?: (?!miss|overlook|lose|let)\p{L}+)?$/u;

/** What may stand before the thing itself where a request begins with it ("Our late deliveries, please"). */
export const opening =
  /^(?:(?:please|hi|hey|hello|need|we need|i need|i want|we want|want|build|make|create|train|get|for|our|my|the|a|an|some|good|new|ml|ai|simple|quick|model|models|regression|classification|classifier|regressor|predictor|of|task|goal|about|on|:|,|-|!) ?)*$/u;
/** "Categorise claims by policy type": what things are sorted by, rather than the things. */
export const sortedBy =
  /(?:classif|categori[sz]|label|sort|grade|tag)\p{L}* (?:[\p{L}_]+ ){1,4}(?:by|according to)(?: the| their| its)? $/u;
