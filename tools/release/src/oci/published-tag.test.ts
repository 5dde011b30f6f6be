import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { publishedTag, refusePublished } from './published-tag.ts'

const PROGRAM = fileURLToPath(new URL('published-tag.ts', import.meta.url))
const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`
const CHART = 'content of the chart'
const MANIFEST = JSON.stringify({ layers: [{ digest: digestOf(CHART) }] })
const SCOPE = 'repository:owner/chart:pull,push'

/** The protocol of a registry that issues tokens, as ghcr.io does; Distribution itself is in the rehearsal of a release. */
function answer({ url = '', headers }: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(url, 'http://registry')
  if (pathname === '/token') {
    const isKnown = headers.authorization === `Basic ${Buffer.from('actor:secret').toString('base64')}`
    response.writeHead(isKnown ? 200 : 403).end(JSON.stringify({ token: searchParams.get('scope') }))
  } else if (headers.authorization === undefined) {
    const realm = `http://${headers.host}/token`
    response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="registry"` }).end()
  } else if (headers.authorization !== `Bearer ${SCOPE}`) response.writeHead(403).end()
  else if (pathname === '/v2/owner/chart/manifests/1.2.3') response.end(MANIFEST)
  else response.writeHead(pathname.endsWith('/broken') ? 500 : 404).end()
}

describe('a published tag', () => {
  let server: Server
  let name: string
  beforeAll(async () => {
    server = createServer(answer)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    name = `127.0.0.1:${(server.address() as AddressInfo).port}/owner/chart`
  })
  afterAll(() => new Promise((resolve) => server.close(resolve)))
  const actor = { user: 'actor', password: 'secret' }

  it('has a digest and layers; a free one does not exist', async () => {
    expect(await publishedTag({ name, tag: '1.2.3', ...actor })).toEqual({
      digest: digestOf(MANIFEST),
      layers: [digestOf(CHART)],
    })
    expect(await publishedTag({ name, tag: '1.2.4', ...actor })).toBeUndefined()
  })

  it('is not published again, unless it has the same content', async () => {
    const tag = '1.2.3'
    expect(await refusePublished({ name, tag, ...actor }, Buffer.from(CHART))).toBe(digestOf(MANIFEST))
    const reason = `${name}:1.2.3 is already published as ${digestOf(MANIFEST)}, and a published tag never moves`
    await expect(refusePublished({ name, tag, ...actor }, Buffer.from('other'))).rejects.toThrow(reason)
    await expect(refusePublished({ name, tag, ...actor })).rejects.toThrow(reason)
    expect(await refusePublished({ name, tag: '1.2.4', ...actor })).toBeUndefined()
  })

  it.each([
    ['an error of the registry', 'broken', actor, 'answers with HTTP 500'],
    ['a wrong password', '1.2.4', { user: 'actor', password: 'wrong' }, 'refuses a token with HTTP 403'],
  ])('%s does not pass for a free tag', async (_what, tag, who, reason) => {
    await expect(publishedTag({ name, tag, ...who })).rejects.toThrow(reason)
  })

  it.each([
    ['1.2.3', 1, '', /^::error::.* is already published as sha256:/],
    ['1.2.4', 0, '', /^$/],
  ])('the program decides about %s with exit code %d', async (tag, code, out, error) => {
    const env = { ...process.env, REGISTRY_USER: 'actor', REGISTRY_PASSWORD: 'secret' }
    const ended = await new Promise<readonly [number, string, string]>((resolve) => {
      execFile(process.execPath, [PROGRAM, name, tag], { env }, (failure, stdout, stderr) =>
        resolve([Number(failure?.code ?? 0), stdout, stderr]),
      )
    })
    expect(ended).toEqual([code, out, expect.stringMatching(error)])
  })
})
