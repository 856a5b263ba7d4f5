// Runs http-tests/cache-tests against `brink dev` and prints the score of each group and what
// failed. SUITE is a checkout of the suite with its packages installed; nothing here fetches it.
//
//     node deploy/tests/cache-tests/run.mjs SUITE [--brink PROGRAM] [--results FILE]
//         [--required N] [--optimal N] [--only TEST-ID] [--http2]
//     node deploy/tests/cache-tests/run.mjs --print-config
//
// Exits with 1 if fewer tests passed than `--required` or `--optimal` says. Everything listens on
// loopback, on free ports. With `--http2` the suite's client speaks HTTP/2 over TLS.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

// The configuration, as deploy/docs/caching.md shows it.
const project = origin => `[distribution]
id = "cache-tests"

[origins.suite]
url = "${origin}"

[[behaviors]]
path = "*"
origin = "suite"
methods = "all"                                   # the suite prepares each test with a PUT
forward = { headers = "all", cookies = "all" }    # headers say which answer it wants from its origin
[behaviors.cache]
default_ttl = "0s"                                # no lifetime where the origin tells none
query_strings = "all"

[[error_pages]]                                   # errors too are kept for as long as the origin says
status = 404
min_ttl = "1s"

[[error_pages]]
status = 500
min_ttl = "1s"

[[error_pages]]
status = 502
min_ttl = "0s"

[[error_pages]]
status = 503
min_ttl = "0s"

[[error_pages]]
status = 504
min_ttl = "0s"
`

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    brink: { type: 'string', default: process.env.BRINK ?? 'brink' },
    results: { type: 'string' },
    required: { type: 'string', default: '0' },
    optimal: { type: 'string', default: '0' },
    only: { type: 'string' },
    http2: { type: 'boolean' },
    'print-config': { type: 'boolean' }
  }
})
if (options['print-config']) {
  process.stdout.write(project('http://127.0.0.1:8000'))
  process.exit(0)
}
if (positionals.length !== 1) {
  console.error('usage: run.mjs SUITE, the folder of http-tests/cache-tests; see the head of the script')
  process.exit(2)
}
const suite = resolve(positionals[0])
const engine = join(suite, 'test-engine')
if (!existsSync(join(engine, 'cli.mjs'))) {
  console.error(`${suite} is no checkout of http-tests/cache-tests`)
  process.exit(2)
}
const STARTS_WITHIN = 20_000
const ENDS_WITHIN = 10 * 60_000
// The suite's server listens on all addresses by itself.
const ON_LOOPBACK = 'data:text/javascript,' + encodeURIComponent(`
  import net from 'node:net'
  const listen = net.Server.prototype.listen
  net.Server.prototype.listen = function (port) { return listen.call(this, port, '127.0.0.1') }`)

// The client of Node.js offers HTTP/2 if its dispatcher is told to. `fetch` makes the dispatcher at
// its first use. The client fails if any connection speaks another version.
const OVER_HTTP2 = 'data:text/javascript,' + encodeURIComponent(`
  import { subscribe } from 'node:diagnostics_channel'
  const where = Symbol.for('undici.globalDispatcher.1')
  await fetch('data:,').then(answer => answer.text())
  const Agent = globalThis[where].constructor
  globalThis[where] = new Agent({ allowH2: true, connect: { rejectUnauthorized: false } })
  let connections = 0
  subscribe('undici:client:connected', ({ socket }) => {
    connections += 1
    if (socket.alpnProtocol !== 'h2') throw new Error('a connection speaks ' + socket.alpnProtocol)
  })
  process.on('exit', () => {
    if (connections === 0) process.exitCode = 1
    console.error(connections + ' connections, all HTTP/2')
  })`)

/** A port that nobody uses now. */
function freePort () {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

/** Waits until something answers there. */
async function answering (url, child) {
  for (const until = Date.now() + STARTS_WITHIN; Date.now() < until;) {
    if (child.exitCode !== null) break
    try {
      return await (await fetch(url)).arrayBuffer()
    } catch {
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  }
  throw new Error(`${child.spawnargs.join(' ')} does not answer:\n${child.told}`)
}

/** Starts a program and keeps the last of what it tells. */
function start (program, args, more = {}) {
  const child = spawn(program, args, { ...more, stdio: ['ignore', 'pipe', 'pipe'] })
  child.told = ''
  const hear = text => { child.told = (child.told + text).slice(-100_000) }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  child.on('error', hear)
  return child
}

/** Runs the suite's client and returns what it prints. */
function client (base) {
  const id = options.only ?? ''
  const env = { ...process.env, npm_config_base: base, npm_config_id: id, npm_package_config_id: id }
  const http2 = options.http2 ? ['--import', OVER_HTTP2] : []
  const child = spawn(process.execPath, ['--no-warnings', ...http2, 'test-engine/cli.mjs'],
    { cwd: suite, env, stdio: ['ignore', 'pipe', 'inherit'] })
  const late = setTimeout(() => child.kill(), ENDS_WITHIN)
  return new Promise((resolve, reject) => {
    let printed = ''
    child.stdout.on('data', text => { printed += text })
    child.on('error', reject)
    child.on('close', code => {
      clearTimeout(late)
      code === 0 ? resolve(printed) : reject(new Error(`the client ended with ${code}`))
    })
  })
}

async function run () {
  const started = []
  const folder = mkdtempSync(join(tmpdir(), 'brink-cache-tests-'))
  try {
    const [originPort, edgePort, httpsPort] = [await freePort(), await freePort(), await freePort()]
    const origin = `http://127.0.0.1:${originPort}`
    const edge = `http://127.0.0.1:${edgePort}`
    writeFileSync(join(folder, 'brink.toml'), project(origin))
    const env = {
      ...process.env,
      npm_config_protocol: 'http',
      npm_config_port: String(originPort),
      npm_config_pidfile: join(folder, 'server.pid')
    }
    const server = ['--no-warnings', '--import', ON_LOOPBACK, 'test-engine/server/server.mjs']
    started.push(start(process.execPath, server, { cwd: suite, env }))
    await answering(`${origin}/state/none`, started[0])
    const https = options.http2 ? [`--https=127.0.0.1:${httpsPort}`] : []
    started.push(start(options.brink, ['dev', folder, '--listen', `127.0.0.1:${edgePort}`, ...https]))
    await answering(`${edge}/state/none`, started[1])
    const printed = await client(options.http2 ? `https://localhost:${httpsPort}` : edge)
    if (options.only) console.log(started[0].told)
    return printed
  } finally {
    for (const child of started) child.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Prints the score; returns how many passed of each kind. */
async function report (results) {
  const load = path => import(pathToFileURL(join(suite, path)).href)
  const { default: groups } = await load('tests/index.mjs')
  const { determineTestResult: judge, resultTypes: types } = await load('test-engine/lib/results.mjs')
  const passed = { required: 0, optimal: 0, check: 0 }
  const all = { required: 0, optimal: 0, check: 0 }
  const failed = []
  const row = (name, ...cells) =>
    console.log(name.padEnd(20) + cells.map(cell => cell.padStart(12)).join(''))
  row('group', 'required', 'optimal', 'behavior')
  for (const group of groups) {
    const counts = { required: [0, 0], optimal: [0, 0], check: [0, 0] }
    for (const test of group.tests.filter(test => !test.browser_only)) {
      const kind = test.kind ?? 'required'
      const verdict = judge(groups, test.id, results)
      const good = verdict === types.pass || verdict === types.yes
      counts[kind][0] += good
      counts[kind][1] += 1
      passed[kind] += good
      all[kind] += 1
      if (!good && kind !== 'check') {
        const why = Object.keys(types).find(name => types[name] === verdict)
        failed.push(`${kind} ${test.id} (${why}): ${results[test.id]?.[1] ?? ''}`)
      }
    }
    row(group.id, ...Object.values(counts).map(([good, of]) => of ? `${good}/${of}` : '-'))
  }
  row('all', ...Object.keys(all).map(kind => `${passed[kind]}/${all[kind]}`))
  console.log(`\n${failed.sort().reverse().join('\n')}`)
  return passed
}

const printed = await run()
if (options.only) {
  console.log(printed)
} else {
  if (options.results) writeFileSync(options.results, printed)
  const passed = await report(JSON.parse(printed))
  const enough = kind => passed[kind] >= Number(options[kind])
  process.exitCode = enough('required') && enough('optimal') ? 0 : 1
}
