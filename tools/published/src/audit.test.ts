import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { audit, readAudit } from './audit.ts'

/** Runs the audit against a local registry with this response. */
async function askedOf(status: number, result: object): Promise<{ asked: string[]; verdict: unknown }> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks)
      const isZipped = request.headers['content-encoding'] === 'gzip'
      if (request.method === 'POST') asked.push((isZipped ? gunzipSync(body) : body).toString())
      // npm requests the versions of a package before it reports it.
      const versions = { name: decodeURIComponent((request.url ?? '/').slice(1)), 'dist-tags': {}, versions: {} }
      const said = JSON.stringify(request.method === 'POST' ? result : versions)
      response.writeHead(status, { 'content-type': 'application/json' }).end(said)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const registry = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const settings = {
      npm_config_registry: registry,
      npm_config_fetch_retries: '0',
      npm_config_proxy: '',
      npm_config_noproxy: '127.0.0.1',
    }
    return { verdict: await audit({ ...process.env, ...settings }), asked }
  } finally {
    server.close()
  }
}

describe('the audit', { timeout: 120_000 }, () => {
  it('queries shipped packages by name and version, and prints known vulnerabilities', async () => {
    const advisory = { id: 1, url: 'https://example.com/1', title: 'bad', severity: 'high', vulnerable_versions: '<99' }
    const { asked, verdict } = await askedOf(200, { zod: [advisory] })
    expect(asked.join('')).toMatch(/"zod":\["\d/)
    expect(verdict).toEqual({
      kind: 'checked',
      findings: ['zod: high: bad, https://example.com/1'],
    })
  })

  it('finds nothing without known vulnerabilities', async () => {
    expect((await askedOf(200, {})).verdict).toEqual({ kind: 'checked', findings: [] })
  })

  it('reports a registry without audits', async () => {
    expect((await askedOf(405, {})).verdict).toEqual({ kind: 'not checked', reason: expect.stringContaining('405') })
  })
})

it.each([
  ['a response that is not a report', 'oops', { kind: 'not checked', reason: 'npm audit printed no report' }],
  ['a report without a result', '{}', { kind: 'not checked', reason: 'npm audit gave no result' }],
  [
    'a vulnerability of a package that is not shipped',
    '{"vulnerabilities":{"b":{"severity":"high","via":["a"]}}}',
    { kind: 'checked', findings: [] },
  ],
  [
    'a vulnerability of low severity',
    '{"vulnerabilities":{"a":{"severity":"low","via":["b"]}}}',
    { kind: 'checked', findings: [] },
  ],
])('handles %s', (_what, printed, verdict) => expect(readAudit(printed, new Set(['a']))).toEqual(verdict))
