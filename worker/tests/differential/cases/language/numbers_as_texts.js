// Numbers of all sizes in every form that numbers have.
exports.handler=async()=>{const out=[];let s=42;const r=()=>{s=(s*1103515245+12345)%2147483648;return s/2147483648};
const buf=new DataView(new ArrayBuffer(8));
for(let i=0;i<600;i++){buf.setUint32(0,((r()<0.5?0x80000000:0)|((1023-60+Math.floor(r()*120))<<20)|Math.floor(r()*0xfffff))>>>0);buf.setUint32(4,Math.floor(r()*0xffffffff));const x=buf.getFloat64(0);const d=Math.floor(r()*15);const p=1+Math.floor(r()*20);out.push([x,d,x.toFixed(d)].join(' '),[x,p,x.toPrecision(p)].join(' '),[x,d,x.toExponential(d)].join(' '),[x,x.toString(2+Math.floor(r()*35))].join(' '))}return out};
