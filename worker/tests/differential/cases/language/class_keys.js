// Keys of class members in brackets: when they are evaluated, and what they see.
exports.handler = async () => {
 const out = []; const key = (k) => { out.push(`key ${String(k)}`); return k; };
 const f=(name)=>()=>class Named { static a = out.push('static a'); async *[key(name)]() { yield 1 } static [key('s')]() { return this.name } get [(() => key(name + 'g'))()]() { return name } set [key({ toString() { out.push('toString'); return 'st' } })](v) { out.push(v) } [Symbol.iterator]() { return [1][Symbol.iterator]() } static { out.push('block', Reflect.ownKeys(this).map(String).join()) } static async [key(Symbol('q'))]() {} ['lit']() {} [key(1)]() { return super.toString() } };
 const C=f('nm')(); const c=new C; out.push(Reflect.ownKeys(C.prototype).map(String), Reflect.ownKeys(C).map(String), C.s(), c.nmg, [...c], C.prototype.nm.name, C.prototype.nm.toString(), Object.getOwnPropertyDescriptor(C.prototype,'nmg').get.name, C.toString().length, c[1]()); c.st='set';
 const D = class { [(() => 'x')()]() { return 1 } }; out.push(D.name, new D().x());
 class E extends D { *[key('gen')]() { yield super.x() } }; out.push([...new E().gen()], Reflect.ownKeys(E).map(String));
 var _inst, _m; class T { constructor() { _inst.add(this) } call() { return _m.call(this) } get [(_inst = new WeakSet(), _m = function _m() { return [out.length > 0, this instanceof T] }, key('k'))]() { return 5 } } out.push(new T().call(), new T().k);
 try { class F { [(() => { throw 7 })()]() {} } } catch (e) { out.push(e) }
 async function* g() { class G { [await key('aw')]() { return 1 } [yield 'y']() { return 2 } } yield Object.getOwnPropertyNames(G.prototype) } const it=g(); out.push((await it.next()).value, (await it.next('sent')).value);
 return out};
