import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type EnvtestArchive, envtestArchive, fetchArchive } from './envtest-archive.ts'

const directory = mkdtempSync(path.join(tmpdir(), 'acksm-archive-'))
let server: Server
let archive: EnvtestArchive

beforeAll(async () => {
  const programs = path.join(directory, 'controller-tools', 'envtest')
  mkdirSync(programs, { recursive: true })
  writeFileSync(path.join(programs, 'etcd'), 'etcd', { mode: 0o755 })
  execFileSync('tar', ['-czf', 'envtest.tar.gz', 'controller-tools'], { cwd: directory })
  const bytes = readFileSync(path.join(directory, 'envtest.tar.gz'))
  server = createServer((request, response) => {
    if (request.url === '/moved') response.writeHead(302, { location: '/archive' }).end()
    else if (request.url === '/archive') response.end(bytes)
    else response.writeHead(404).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const sha512 = createHash('sha512').update(bytes).digest('hex')
  archive = { name: 'envtest-test', sha512, url: `http://127.0.0.1:${port}/archive` }
})
afterAll(() => {
  server.close()
  rmSync(directory, { recursive: true })
})

const empty = (): Promise<string> => mkdtemp(path.join(directory, 'target-'))

it('unpacks the programs, also after a redirect', async () => {
  for (const url of [archive.url, archive.url.replace('/archive', '/moved')]) {
    const target = await empty()
    await fetchArchive({ ...archive, url }, target)
    expect(await readdir(target)).toEqual(['etcd'])
    expect(await readFile(path.join(target, 'etcd'), 'utf8')).toBe('etcd')
  }
})

it.each<[string, (archive: EnvtestArchive) => EnvtestArchive, object, string]>([
  ['another hash', (a) => ({ ...a, sha512: a.sha512.replace(/^./, 'x') }), {}, 'SHA-512 differs'],
  ['an error status', (a) => ({ ...a, url: `${a.url}-not` }), {}, 'HTTP 404'],
  ['more than the limit', (a) => a, { maxBytes: 10 }, 'more than 10 bytes'],
  ['a closed port', (a) => ({ ...a, url: 'http://127.0.0.1:1/' }), {}, 'ECONNREFUSED'],
])('unpacks nothing on %s', async (_case, change, options, message) => {
  const target = await empty()
  await expect(fetchArchive(change(archive), target, options)).rejects.toThrow(message)
  expect(await readdir(target)).toEqual([])
})

it('finds the archives by the platform names of Node', () => {
  expect(envtestArchive('linux', 'x64')?.url).toMatch(/\/envtest-v1\.36\.2-linux-amd64\.tar\.gz$/)
  expect(envtestArchive('darwin', 'arm64')?.sha512).toHaveLength(128)
  expect(envtestArchive('sunos', 'x64')).toBeUndefined()
})
