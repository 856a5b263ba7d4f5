// Differences that are known and documented, each by a rule with its reason. A rule sees both
// traces and the program's texts, and says whether it explains the difference.

'use strict';

const RULES = [];

/** The name of the rule that explains a difference, or null. */
function excused(difference, texts) {
  const whole = Object.values(texts).join('\n');
  const rule = RULES.find(({ explains }) => explains(difference, whole));
  return rule ? rule.name : null;
}

module.exports = { RULES, excused };
