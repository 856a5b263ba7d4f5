// Rules in YAML that are part of the function.
const yaml = require('js-yaml');

const rules = yaml.load(`
defaults: &defaults
  status: 301
  permanent: yes
redirects:
  - from: /old
    to: "/new"
    <<: *defaults
  - { from: '/a''b', to: /c, status: 0x12d, ratio: .5, when: 2024-01-02T03:04:05Z, none: ~ }
text: |
  line one
    line two
folded: >-
  folded
  text ü
data: !!binary aGk=
set: !!set { x, y }
`);

exports.handler = async ({ uri, text }) => {
  if (text !== undefined) {
    try {
      return { loaded: yaml.loadAll(text) };
    } catch (error) {
      return { name: error.name, reason: error.reason, message: error.message, mark: error.mark && [error.mark.line, error.mark.column], kind: error instanceof yaml.YAMLException };
    }
  }
  const rule = rules.redirects.find(({ from }) => from === uri);
  const dumped = yaml.dump({ ...rules, nested: [[1, [2]], { 'a: b': '- x', n: null, t: 'true', m: 'a\nb', d: new Date(0) }] }, { sortKeys: true, lineWidth: 40, noRefs: true });
  return { rule, rules, dumped, again: yaml.load(dumped).nested };
};
