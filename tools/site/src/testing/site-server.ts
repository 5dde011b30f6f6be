import { existsSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
}

export interface SiteServer extends AsyncDisposable {
  /** Address of the home page. */
  readonly url: string
}

/** Serves a built site under its base on loopback, as a static host with clean URLs does. */
export async function serveSite(directory: string, base: string): Promise<SiteServer> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://site')
    const file = pathname.startsWith(base)
      ? fileOf(directory, decodeURIComponent(pathname.slice(base.length)))
      : undefined
    if (file === undefined) response.writeHead(404).end()
    else
      response
        .writeHead(200, { 'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream' })
        .end(readFileSync(file))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${base}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function fileOf(directory: string, page: string): string | undefined {
  const candidates = [page, `${page}.html`, path.join(page, 'index.html')].map((name) => path.join(directory, name))
  return candidates.find((file) => existsSync(file) && statSync(file).isFile())
}
