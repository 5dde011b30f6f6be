import { ACKSM } from '@ack-secret-manager/testenv'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, readdir, readFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import path from 'node:path'
import { beforeAll, expect, it, onTestFinished } from 'vitest'
import { buildPages } from '../testing/built-pages.ts'
import { folderWith } from '../testing/files.ts'
import { Capture, run, type Running, start } from '../testing/run.ts'

const LINK = /^http:\/\/127\.0\.0\.1:\d+\/login\?token=[\w-]{43}$/
const END_MS = 20_000

/** Of a cluster that does not answer. */
const KUBECONFIG = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:9' } }],
  users: [{ name: 'u', user: { token: 't' } }],
  contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', namespace: 'shop' } }],
  'current-context': 'x',
})

beforeAll(buildPages)

async function kubeconfig(): Promise<string> {
  return path.join(await folderWith({ kubeconfig: KUBECONFIG }), 'kubeconfig')
}

async function started(...argv: string[]): Promise<Running> {
  const running = start(['ui', '--kubeconfig', await kubeconfig(), ...argv])
  onTestFinished(async () => {
    running.stop('SIGINT')
    await running.done
  })
  return running
}

/** Opens the page as a browser does. @returns its address and cookie */
async function opened(link: string): Promise<{ readonly url: string; readonly cookie: string }> {
  const response = await fetch(link, { redirect: 'manual' })
  const cookie = response.headers.get('set-cookie')?.split(';')[0] ?? ''
  return { url: new URL(response.headers.get('location') ?? '', link).href, cookie }
}

it('prints the link once, serves the page, and ends at Ctrl-C', async () => {
  const running = await started('--no-open')
  const { out, err, done } = running
  const link = (await out.until(/\n/)).trim()
  expect(link).toMatch(LINK)
  const { url, cookie } = await opened(link)
  expect(await (await fetch(url)).text()).toContain('<title>acksm</title>')
  const stream = await fetch(`${url}api/v1/stream`, { headers: { cookie } })
  const startMs = performance.now()
  running.stop('SIGINT')
  expect((await done).code).toBe(130)
  expect(performance.now() - startMs).toBeLessThan(END_MS)
  expect(await stream.text()).toMatch(/event: end\ndata: {}\n\n$/)
  expect(out.text).toBe(`${link}\n`)
  expect(err.text).toBe('acksm: the link opens the page once, in one browser; Ctrl-C ends it\n')
  await expect(fetch(url)).rejects.toThrow('fetch failed')
})

it('ends with 0 at SIGTERM, as the other commands that run until they are stopped', async () => {
  const running = await started('--no-open')
  await running.out.until(/\n/)
  running.stop('SIGTERM')
  expect((await running.done).code).toBe(0)
})

it.each([
  ['the namespace of the context', [], { namespace: 'shop', isReadOnly: false }],
  ['another namespace', ['-n', 'prod', '--read-only'], { namespace: 'prod', isReadOnly: true }],
  ['all namespaces', ['-A'], { isReadOnly: false }],
])('serves %s', async (_what, argv, session) => {
  const { out } = await started('--no-open', '-o', 'json', ...argv)
  const { url: link } = JSON.parse(await out.until(/\n$/)) as { readonly url: string }
  const { url, cookie } = await opened(link)
  const { body } = await fetch(`${url}api/v1/stream`, { headers: { cookie } })
  let text = ''
  // Node's stream can be iterated; the types of a browser do not say so.
  for await (const chunk of (body ?? []) as unknown as AsyncIterable<Uint8Array>) {
    text += Buffer.from(chunk).toString()
    if (/event: snapshot\ndata: .*\n/.test(text)) break
  }
  const [, data = ''] = /^data: (.*)$/m.exec(text) ?? []
  const snapshot = JSON.parse(data) as { readonly session: object }
  const { version, ...rest } = snapshot.session as { readonly version: string }
  expect([version, rest]).toEqual([
    expect.stringMatching(/^\d+\./),
    { context: 'x', kubeconfig: expect.stringMatching(/^\/.*config/), apiServer: '127.0.0.1:9', ...session },
  ])
})

it('ends as a process, with a page open', async () => {
  const child = spawn(process.execPath, [ACKSM.currentScript, 'ui', '--no-open', '--kubeconfig', await kubeconfig()], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const out = new Capture()
  child.stdout.on('data', (chunk: Buffer) => out.write(chunk))
  const { url, cookie } = await opened((await out.until(/\n/)).trim())
  const stream = await fetch(`${url}api/v1/stream`, { headers: { cookie } })
  const startMs = performance.now()
  child.kill('SIGINT')
  expect(await once(child, 'exit')).toEqual([130, null])
  expect(performance.now() - startMs).toBeLessThan(END_MS)
  expect(await stream.text()).toContain('event: end')
})

it('opens a browser without showing the link, and leaves no file', async () => {
  const folder = await folderWith({ 'xdg-open': `#!/bin/sh\nprintf '%s\\n' "$@" >> "$OUT"\n` })
  await chmod(path.join(folder, 'xdg-open'), 0o755)
  const out = path.join(folder, 'opened')
  const running = start(['ui', '--kubeconfig', await kubeconfig()], {
    env: { PATH: folder, HOME: folder, DISPLAY: ':0', OUT: out },
  })
  const link = (await running.out.until(/\n/)).trim()
  const given = (): Promise<string> => readFile(out, 'utf8').catch(() => '')
  await expect.poll(given).toMatch(/\/acksm-ui-\w{6}\/open\.html\n$/)
  expect(await readFile((await given()).trim(), 'utf8')).toContain(`url=${link}"`)
  running.stop('SIGINT')
  await running.done
  expect((await readdir(folder)).toSorted()).toEqual(['opened', 'xdg-open'])
})

it.each<[argv: string[], message: string | RegExp]>([
  [['more'], /^acksm: too many arguments.*; see acksm ui --help\n$/],
  [
    ['-A', '-n', 'shop'],
    'acksm: --namespace and --all-namespaces cannot be combined; use one of them; see acksm ui --help\n',
  ],
  [['--port', '0'], /^acksm: --port 0: expected a whole number from 1 to 65535; see acksm ui --help\n$/],
  [['--port', '65536'], /^acksm: --port 65536: expected a whole number/],
  [['--open'], "acksm: unknown option '--open' (Did you mean --no-open?); see acksm ui --help\n"],
  [['-o', 'wide'], 'acksm: --output wide: expected human or json; see acksm ui --help\n'],
  [['--kubeconfig', 'none'], /^acksm: kubeconfig .*none: cannot be read.*; see acksm ui --help\n$/],
  [['--context', 'none'], /^acksm: kubeconfig .*: no context "none"; it has x; see acksm ui --help\n$/],
])('refuses %j with one line and exit code 2', async (argv, message) => {
  const { code, out, err } = await run(['ui', '--kubeconfig', await kubeconfig(), ...argv])
  if (typeof message === 'string') expect(err).toBe(message)
  else expect(err).toMatch(message)
  expect([code, out]).toEqual([2, ''])
})

it('says that the port is taken', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const { code, out, err } = await run(['ui', '--no-open', '--port', String(port), '--kubeconfig', await kubeconfig()])
  expect([code, out, err]).toEqual([
    1,
    '',
    `acksm: port ${port} of 127.0.0.1 is taken; choose another one with --port\n`,
  ])
})
