// Operators and functions of numbers, big integers and dates, on random values.
exports.handler=async()=>{const out=[];let s=7;const r=()=>{s=(s*1103515245+12345)%2147483648;return s/2147483648};const int=(n)=>Math.floor(r()*n);
const buf=new DataView(new ArrayBuffer(8));const dbl=()=>{buf.setUint32(0,((r()<0.5?0x80000000:0)|((r()<0.3?int(2047):1023-40+int(80))<<20)|int(0xfffff))>>>0);buf.setUint32(4,int(0xffffffff));return buf.getFloat64(0)};
for(let i=0;i<100;i++){const x=dbl(),y=dbl(),d=String(int(1e9))+(r()<0.7?'.'+int(1e9):'')+(r()<0.4?'e'+(int(40)-20):'');
 out.push([i,x,String(x),JSON.stringify(x),x%y,x|0,x>>>0,x<<3,x&y,x^y,Math.round(x),Math.trunc(x),Math.floor(x),Math.ceil(x),Math.fround(x),Math.imul(x,y),Math.clz32(x),Math.sign(x),Math.max(x,y,-0),Number.isInteger(x),Number.isSafeInteger(x)].join('|'));
 out.push([i,parseFloat(d),Number(d),+d.slice(0,5),parseInt(d),parseInt(d.slice(0,6),16),parseFloat(' '+d+'px'),Number(d+'x'),Number('0x'+int(1e6).toString(16)),d*1].join('|'));
 const a=BigInt(int(2**30))*BigInt(int(2**30))*BigInt(int(2**30))-BigInt(int(2**30)),b=BigInt(int(2**20))-500000n||3n;
 out.push([i,a*b,a/b,a%b,-a/b,-a%b,a-b,a<<BigInt(int(70)),a>>BigInt(int(70)),a&b,a|b,a^b,BigInt.asIntN(37,a),BigInt.asUintN(50,-a),a.toString(36),a>x,a==Number(a),Number(a),b**5n].join('|'));
 out.push([i,x.toLocaleString(),x.toLocaleString('de-DE',{maximumFractionDigits:2}),(int(1e7)/100).toLocaleString('en-US',{style:'currency',currency:'USD'}),new Date(int(4e9)*1000).toISOString(),new Date(2000+int(50),int(14),int(35),int(30),int(70)).getTime(),Date.UTC(1900+int(200),int(20),int(40))].join('|'));
}return out};
