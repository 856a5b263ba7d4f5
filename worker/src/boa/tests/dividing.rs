//! ES modules do the same, whether their code is shared or each is compiled as a whole.

use proptest::prelude::*;

use super::*;

/// Modules of a version, beside the one with the handler.
const MODULES: usize = 3;

/// What keeps a module from being divided.
const WHOLE: &str = "\neval('');";

/// Statements of module `M`, with `K` for the number of the statement, `J` for a module.
const STATEMENTS: &[&str] = &[
    "export let vK = K, { wK, rest: [xK] } = { wK: 'w', rest: ['x'] };",
    "export let countK = K; export const bumpK = () => ++countK;",
    "export var EnumK; (function (EnumK) { EnumK[EnumK.A = K] = 'A'; })(EnumK || (EnumK = {}));",
    "const aK = () => K\nexport { aK, aK as 'a K' }",
    "export function fK() { return this === undefined ? gK() : 'this' } function gK() { return K }",
    "export class CK { static #n = K; static made = new CK(); id = ++CK.#n; }",
    "import * as nsK from './mJ.mjs'\nexport const keysK = Object.keys(nsK).join()",
    "import { v0 as iK } from './mJ.mjs'; export { iK }; export const readK = () => String(iK);",
    "import { count1 as cK, bump1 as upK } from './mJ.mjs'; export const upAndSeenK = () => [upK(), cK];",
    "export { v0 as againK } from './mJ.mjs'; log.push(`M.K`);",
    "export * from './mJ.mjs'; export * as allK from './mJ.mjs';",
    "import * as nsK from './mJ.mjs'; export function fK() { return String(nsK.v0) }",
    "import { bump1 as upK } from './mJ.mjs'; export { fK }; function fK() { return upK() }",
    "import * as nsK from './mJ.mjs'; log.push(typeof nsK.f2 === 'function' && nsK.f2());",
    "import './mJ.mjs'; log.push('M.K');",
    "try { v0 = 'assigned'; log.push('M.K') } catch (error) { log.push(error.name) }",
    "export const metaK = import.meta.url + typeof import.meta.resolve;",
    "const laterK = import('./mJ.mjs').then(m => Object.keys(m).length); export { laterK };",
    "var i = 3; while (i-->0); export const lessK = [1 < !--i, this];",
    "await null; log.push('M.K awaited');",
];

/// The default exports that a module may have.
const DEFAULTS: &[&str] = &[
    "",
    "export default function () { return 1 }",
    "export default async () => 'async'",
    "export default class extends Array { static m = 1 }",
    "export default (() => {})",
    "export default [log.length, 'of M']",
    "export { v0 as default }",
    "function named() {} export default named; log.push(named.name);",
];

/// Tells all that the modules export, twice, for what is called may change some of it.
const HANDLER: &str = "
    const told = async (value, depth = 0) => {
      if (typeof value === 'function') {
        if (/^(bump|read|up|a|f)/.test(value.name)) {
          try { return ['called', await told(value(), depth + 1)]; } catch (e) { return e.name; }
        }
        return ['function', value.name, value.made?.id];
      }
      if (value instanceof Promise) return told(await value, depth);
      if (typeof value !== 'object' || value === null || depth > 3) return String(value);
      const entries = [];
      for (const key of Object.keys(value)) {
        try { entries.push([key, await told(value[key], depth + 1)]); }
        catch (e) { entries.push([key, e.name]); }
      }
      return entries;
    };
    export const handler = async () => [await told(modules), await told(modules), log];";

/// What every module begins with; the last one changes what it exports.
const BEGINNINGS: &[&str] = &[
    "export let v0 = 'vM'; export const count1 = 'constant', bump1 = () => log.push('M');",
    "export function v0() {} export let count1; count1 = early(); function early() { return typeof v0 } class Own {} export const bump1 = () => 1;",
    "export let v0 = 'vM'; export let count1 = 0; export const bump1 = () => count1++;",
];

/// Its beginning, its default export, its statements and the modules that they lead to.
type Module = (usize, usize, Vec<(usize, usize)>);

fn module() -> impl Strategy<Value = Module> {
    let statement = (0..STATEMENTS.len(), 0..MODULES);
    let statements = prop::collection::vec(statement, 0..6);
    (0..BEGINNINGS.len(), 0..DEFAULTS.len(), statements)
}

/// The files of a version. Modules lead to later ones only, if there are to be no cycles.
fn files(modules: &[Module], cycles: bool) -> Vec<(String, String)> {
    let mut files = vec![(
        "index.mjs".to_owned(),
        format!(
            "import './log.mjs'; import * as m0 from './m0.mjs'; import * as m1 from './m1.mjs';
            import * as m2 from './m2.mjs'; const modules = [m0, m1, m2]; {HANDLER}"
        ),
    )];
    files.push(("log.mjs".to_owned(), "globalThis.log = []".to_owned()));
    for (at, (first, default, statements)) in modules.iter().enumerate() {
        let mut text = format!("{}\n{}\n", BEGINNINGS[*first], DEFAULTS[*default]);
        for (number, (statement, target)) in statements.iter().enumerate() {
            let leads = STATEMENTS[*statement].contains("mJ.mjs");
            if leads && !cycles && *target <= at {
                continue;
            }
            let statement = STATEMENTS[*statement];
            let statement = statement.replace('K', &(number + 2).to_string());
            text.push_str(&statement.replace('J', &target.to_string()));
            text.push('\n');
        }
        files.push((format!("m{at}.mjs"), text.replace('M', &format!("m{at}"))));
    }
    files
}

/// What the version answers, or why it does not start.
fn outcome(files: Vec<(String, String)>) -> Result<Value, String> {
    let (sender, outcome) = std::sync::mpsc::channel();
    on_a_thread(move || async move {
        let files: Vec<_> = files.iter().map(|(path, text)| (&**path, &**text)).collect();
        let host = Rc::new(Recorder::default());
        let spare = Spare::new(Rc::default()).unwrap();
        let started = Environment::start(spare, load("index.handler", &files), host).await;
        let found = match started {
            Ok(mut environment) => ask(&mut environment, &json!({})).await,
            Err(failure) => Err(failure),
        };
        sender.send(found.map_err(|failure| failure.message)).unwrap();
    });
    outcome.recv().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn nobody_can_tell(modules in prop::collection::vec(module(), MODULES), cycles: bool) {
        let divided = files(&modules, cycles);
        let whole = divided.iter().map(|(path, text)| (path.clone(), format!("{text}{WHOLE}")));
        prop_assert_eq!(outcome(divided.clone()), outcome(whole.collect()));
    }
}
