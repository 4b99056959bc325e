// Opens a page in headless Chromium and prints its console messages, one JSON
// text per line, until the page says ALL DONE: PROFILE URL
const { spawn } = require('child_process');
const fs = require('fs');
const { WebSocket } = require('ws');

const [profile, url] = process.argv.slice(2);
const browser = spawn('/usr/bin/chromium', ['--headless=new', '--no-sandbox', '--disable-gpu', '--remote-debugging-port=0',
  `--user-data-dir=${profile}`, 'about:blank'], { stdio: 'ignore' });
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function main() {
  const file = `${profile}/DevToolsActivePort`;
  while (!fs.existsSync(file)) await sleep(100);
  await sleep(300);
  const port = fs.readFileSync(file, 'utf8').split('\n')[0];
  const pages = await (await fetch(`http://127.0.0.1:${port}/json`)).json();
  const socket = new WebSocket(pages.find((page) => page.type === 'page').webSocketDebuggerUrl);
  let id = 0;
  const send = (method, params = {}) => socket.send(JSON.stringify({ id: ++id, method, params }));
  socket.on('open', () => { send('Log.enable'); send('Runtime.enable'); send('Page.navigate', { url }); });
  socket.on('message', (data) => {
    const { method, params } = JSON.parse(data);
    let text;
    if (method === 'Log.entryAdded') text = params.entry.text;
    if (method === 'Runtime.consoleAPICalled') text = params.args.map((arg) => arg.value).join(' ');
    if (text === undefined) return;
    console.log(JSON.stringify(text));
    if (text === 'ALL DONE') { browser.kill(); process.exit(0); }
  });
}

main();
