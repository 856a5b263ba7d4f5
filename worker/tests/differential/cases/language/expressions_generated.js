// Generated expressions on generated texts, through every method that takes an expression.
exports.handler = async ({ seed, count }) => {
  const below = (n) => { seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0; return Math.floor((seed / 4294967296) * n); };
  const pick = (list) => list[below(list.length)];
  let unicode = false;
  let groups = 0;
  let names = 0;
  const characters = ['a', 'b', 'c', 'A', 'B', '1', ' ', '\\n', '-', '_', 'é', 'É', 'ж', 'Ж', '😀', '\\u0041', '\\x62', '\\.', 'k', 's', 'ß', '\\t', ',', 'x', 'µ', 'ÿ', '/', '='];
  const classes = ['\\d', '\\D', '\\w', '\\W', '\\s', '\\S', '.', '[a-c]', '[^a-c]', '[\\w-]', '[é-ü]', '[^\\s,]', '[A-Zа-я]', '[\\d_]'];
  const atom = (depth) => {
    const kind = below(13);
    if (kind < 5) return pick(characters);
    if (kind < 8 || depth === 0) return unicode && below(4) === 0 ? pick(['\\p{L}', '\\P{Lu}', '\\u{1F600}']) : pick(classes);
    if (kind < 10) { groups += 1; return `(${disjunction(depth - 1)})`; }
    if (kind === 10) return `(?:${disjunction(depth - 1)})`;
    if (kind === 11) { groups += 1; names += 1; return `(?<n${names}>${disjunction(depth - 1)})`; }
    return groups > 0 && !unicode ? `\\${1 + below(groups)}` : 'b';
  };
  const term = (depth) => {
    const kind = below(16);
    if (kind === 0) return pick(['^', '$', '\\b', '\\B']);
    if (kind === 1 && depth > 0) return `(?${pick(['=', '!', '<=', '<!'])}${disjunction(depth - 1)})`;
    const one = atom(depth);
    return below(3) === 0 ? one + pick(['*', '+', '?', '{2}', '{1,2}', '{0,2}', '{2,}']) + (below(4) === 0 ? '?' : '') : one;
  };
  const sequence = (depth) => Array.from({ length: below(8) === 0 ? 0 : 1 + below(3) }, () => term(depth)).join('');
  const disjunction = (depth) => { let made = sequence(depth); while (below(4) === 0) made += `|${sequence(depth)}`; return made; };
  const narrow = ['a', 'b', 'c', 'A', '1', '2', ' ', '\n', '-', '_', 'k', 'x', ',', '\t', 'ab', 'abc', '/', '='];
  const latin = [...narrow, 'é', 'É', 'µ', 'ß', 'ÿ'];
  const wide = [...latin, 'ж', 'Ж', '😀', '\ud83d', '\ude00', '\u2028'];
  const text = () => { const letters = pick([narrow, latin, wide]); return Array.from({ length: below(14) }, () => pick(letters)).join(''); };
  const seen = (found) => found && [...found, found.index, found.input, found.groups && { ...found.groups }, found.indices && [...found.indices], found.indices && found.indices.groups && { ...found.indices.groups }];
  const templates = ['<$&>', '$1-$2', '$$', '[$`|$\']', '$0$01$10', '$<n1>', '$<none>', '', '-', '$', '$3'];
  const outcomes = [];
  for (let turn = 0; turn < count; turn++) {
    unicode = below(4) === 0;
    groups = 0;
    names = 0;
    const source = disjunction(2);
    const flags = [below(2) && 'g', below(3) === 0 && 'i', below(4) === 0 && 'm', below(4) === 0 && 's', unicode && 'u', below(4) === 0 && 'y', below(4) === 0 && 'd'].filter(Boolean).join('');
    const input = text();
    let expression;
    try { expression = new RegExp(source, flags); } catch (error) { outcomes.push([error.name]); continue; }
    const lastIndex = below(4);
    const outcome = [source, flags, input];
    const operations = {
      exec: () => [seen(expression.exec(input)), expression.lastIndex, seen(expression.exec(input)), expression.lastIndex],
      test: () => [expression.test(input), expression.lastIndex],
      match: () => { const found = input.match(expression); return [expression.global ? found : seen(found), expression.lastIndex]; },
      matchAll: () => (expression.global ? [[...input.matchAll(expression)].map(seen), expression.lastIndex] : []),
      replace: () => { const template = pick(templates); return [template, input.replace(expression, template), expression.lastIndex]; },
      replaceAll: () => (expression.global ? input.replaceAll(expression, pick(templates)) : null),
      called: () => { const calls = []; return [input.replace(expression, (...all) => { calls.push(all.map((value) => (value && typeof value === 'object' ? Object.keys(value) : value || ''))); return `<${all.length}>`; }), calls]; },
      search: () => [input.search(expression), expression.lastIndex],
      split: () => [input.split(expression), input.split(expression, 2), expression.lastIndex],
      copied: () => seen(new RegExp(expression).exec(input)),
    };
    for (const operation of Object.values(operations)) {
      expression.lastIndex = lastIndex;
      outcome.push(operation());
    }
    outcomes.push(outcome);
  }
  // As texts: half of a pair has no other way out.
  return outcomes.map((outcome) => JSON.stringify(outcome));
};
