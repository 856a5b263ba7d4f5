// Pages rendered at the edge.
process.env.NODE_ENV = 'production';
const React = require('react');
const { renderToStaticMarkup, renderToString } = require('react-dom/server');

const h = React.createElement;
const Theme = React.createContext('light');

function Item({ item }) {
  const theme = React.useContext(Theme);
  const id = React.useId();
  return h('li', { className: `item ${theme}`, 'data-id': item.id, id, style: { marginTop: 4, WebkitFlex: 1, '--x': 'y' } }, item.text, ' ', h('b', null, item.id * 2));
}

class Boundary extends React.Component {
  constructor(props) {
    super(props);
    this.state = { failed: null };
  }

  static getDerivedStateFromError(error) {
    return { failed: error.message };
  }

  render() {
    return this.state.failed ? h('i', null, this.state.failed) : this.props.children;
  }
}

function Page({ title, items, fails }) {
  const [count] = React.useState(() => items.length);
  const sorted = React.useMemo(() => [...items].sort((a, b) => a.id - b.id), [items]);
  const [state] = React.useReducer((value) => value, { n: 1 });
  const ref = React.useRef(null);
  React.useEffect(() => { throw new Error('never on a server'); });
  if (fails) throw new TypeError(`cannot render ${title}`);
  return h(React.Fragment, null,
    h('title', null, title),
    h('ul', { ref, onClick: () => {}, hidden: false, 'aria-label': 'a"b', tabIndex: 0 }, sorted.map((item) => h(Item, { key: item.id, item }))),
    h('p', { dangerouslySetInnerHTML: { __html: '<em>raw</em>' } }),
    h('form', { action: '/x' }, h('input', { type: 'checkbox', defaultChecked: true, disabled: true, value: 'v' }), h('select', { defaultValue: 'b' }, h('option', { value: 'a' }, 'A'), h('option', { value: 'b' }, 'B')), h('textarea', { defaultValue: '\n<text>' })),
    h('svg', { viewBox: '0 0 1 1', xlinkHref: '#a' }, h('path', { strokeWidth: 2, d: 'M0' })),
    count, state.n, null, false, undefined, '', '<&>');
}

const Lazy = React.memo(React.forwardRef(function Lazy(props, ref) {
  return h('span', { ref }, props.text);
}));

exports.handler = async (event) => {
  const { title = 'Ünïcode & <tags>', items = [{ id: 2, text: 'two' }, { id: 1, text: '"one"' }], fails } = event;
  const page = h(Theme.Provider, { value: event.theme || 'dark' }, h(Page, { title, items, fails }), h(Boundary, null, h(Lazy, { text: 'memo' })));
  const started = { string: renderToString(page), markup: renderToStaticMarkup(page) };
  return { status: '200', headers: { 'content-type': [{ key: 'Content-Type', value: 'text/html' }] }, body: `<!doctype html>${started.string}`, markup: started.markup, version: React.version, children: React.Children.toArray([h('a'), 'x', [h('b', { key: 'k' })]]).map((child) => child.key ?? child), valid: React.isValidElement(page), cloned: renderToStaticMarkup(React.cloneElement(h('a', { href: '1' }), { href: 'javascript:1' }, 'c')) };
};
