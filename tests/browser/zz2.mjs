import { serve } from './server.js'; import { starters, withPage } from './driver.js';
const site=await serve(); const b=await starters[0]();
for(const name of process.argv.slice(2)){site.answers.length=0;
const p=await b.open({width:390}); await p.page.addInitScript(()=>{globalThis.sh=[];new PerformanceObserver(l=>l.getEntries().forEach(e=>sh.push([e.value,e.startTime|0,...e.sources.map(s=>(s.node?.outerHTML??s.node?.textContent??'?').slice(0,90)+JSON.stringify(s.previousRect)+JSON.stringify(s.currentRect))]))).observe({type:'layout-shift',buffered:true})});
await p.page.goto(`${site.address}/${name}`,{waitUntil:'networkidle'}); console.log(name); for(const a of site.answers) console.log(a.bytes,a.path); console.log(JSON.stringify(await p.evaluate(()=>globalThis.sh),null,1)); await p.close();}
await b.close(); site.close();
