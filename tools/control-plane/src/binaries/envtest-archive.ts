import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { EnvHttpProxyAgent, interceptors, request } from 'undici'

/** The official archive of etcd and kube-apiserver in the release closest to the versions built here. It has no controller manager. */
export const ENVTEST_VERSION = '1.36.2'

const HOME = 'https://github.com/kubernetes-sigs/controller-tools/releases/download'

/** SHA-512 of the archives, from `envtest-releases.yaml` of kubernetes-sigs/controller-tools. */
const SHA512: Readonly<Record<string, string>> = {
  'linux-amd64':
    'ea743186c8a799f5cf8faf16969f86189d003cb7d130e0ac4b58789f1e5748dcf30ebe91c837a10d5ac415383da3e10b9e64d65785c938c23e739781cfb76f08',
  'linux-arm64':
    '2d72ee985a8e262a3c57dc9f7f0fd891f6a8c7bf7ebaa2db6dc6d8eac8ae28181afe51c1f368b67756cdb40b10de9b205609e1726e5f27f7c6d824dd9c6649ac',
  'darwin-amd64':
    'b4fe9f973cd1992e3880f8b230ed32c0c243b83371591e3e3315f4404df2cdbef8ee94eeb9bb245b7e5feb987d5c4a76c43e0877654ab73f00d7bbc2b9984514',
  'darwin-arm64':
    '9278f9e5af556b2f1f2d139769c1f0d717c7b4426917fdebdba898bcb725a916e4910d6160886194ff9be9589ea7c5c32c2b8ae0754703874b7c8ba8ddfc41ce',
}

/** An archive and its hash. */
export interface EnvtestArchive {
  readonly name: string
  readonly url: string
  readonly sha512: string
}

/** The archive for a machine, `undefined` when none is published for it. */
export function envtestArchive(platform: string, arch: string): EnvtestArchive | undefined {
  const system = `${platform}-${arch === 'x64' ? 'amd64' : arch}`
  const sha512 = SHA512[system]
  if (sha512 === undefined) return undefined
  const name = `envtest-v${ENVTEST_VERSION}-${system}`
  return { name, sha512, url: `${HOME}/envtest-v${ENVTEST_VERSION}/${name}.tar.gz` }
}

export interface FetchArchiveOptions {
  /** Timeout of the connection, the only delay on an offline machine. @default 3000 */
  readonly connectTimeoutMs?: number
  /** Timeout of the whole download. @default 300_000 */
  readonly deadlineMs?: number
  /** Largest archive accepted. @default 314_572_800 (300 MiB) */
  readonly maxBytes?: number
  /** Aborts the download. @default never */
  readonly signal?: AbortSignal
}

/**
 * Downloads the archive, checks its hash and unpacks its programs into `directory`, which exists.
 * @throws Error if the host is unreachable, its response is not usable, or the hash differs; nothing is unpacked then
 */
export async function fetchArchive(
  archive: EnvtestArchive,
  directory: string,
  options: FetchArchiveOptions = {},
): Promise<void> {
  const scratch = await mkdtemp(path.join(directory, '.download-'))
  try {
    const file = path.join(scratch, 'archive.tar.gz')
    const digest = await download(archive.url, file, options)
    if (digest !== archive.sha512) throw new Error(`${archive.name}: SHA-512 differs from the published one`)
    const tar = spawn('tar', ['-xzf', file, '-C', directory, '--strip-components=2'], { stdio: 'ignore' })
    const [code] = (await once(tar, 'exit')) as [number | null]
    if (code !== 0) throw new Error(`tar ended with ${code} on ${archive.name}`)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

async function download(url: string, file: string, options: FetchArchiveOptions): Promise<string> {
  const { connectTimeoutMs = 3_000, deadlineMs = 300_000, maxBytes = 300 * 1024 * 1024 } = options
  const agent = new EnvHttpProxyAgent({ connect: { timeout: connectTimeoutMs }, headersTimeout: 15_000 })
  try {
    const { statusCode, body } = await request(url, {
      dispatcher: agent.compose(interceptors.redirect({ maxRedirections: 3 })),
      signal: AbortSignal.any([AbortSignal.timeout(deadlineMs), ...(options.signal ? [options.signal] : [])]),
    })
    if (statusCode !== 200) throw new Error(`HTTP ${statusCode}`)
    const hash = createHash('sha512')
    let bytes = 0
    const measured = async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const chunk of source) {
        bytes += chunk.byteLength
        if (bytes > maxBytes) throw new Error(`more than ${maxBytes} bytes`)
        hash.update(chunk)
        yield chunk
      }
    }
    await pipeline(body, measured, createWriteStream(file))
    return hash.digest('hex')
  } finally {
    await agent.destroy()
  }
}
