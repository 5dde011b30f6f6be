import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '@ack-secret-manager/control-plane/free-port'
import { Program } from '@ack-secret-manager/testenv'
import { stringify } from 'yaml'
import { goProgram } from './go-program.ts'

const RUN = fileURLToPath(new URL('run.mjs', import.meta.url))
const START_DEADLINE_MS = 60_000
const MANIFESTS = ['application/vnd.oci.image.manifest.v1+json', 'application/vnd.oci.image.index.v1+json']

/** A real OCI registry on loopback: Distribution. Disposal stops it and deletes what it stores. */
export class OciRegistry implements AsyncDisposable {
  /** `127.0.0.1:PORT`, the first part of names in it. */
  readonly host: string
  readonly #program: Program
  readonly #directory: string

  private constructor(host: string, program: Program, directory: string) {
    this.host = host
    this.#program = program
    this.#directory = directory
  }

  static async start(): Promise<OciRegistry> {
    const binary = await goProgram('registry')
    const directory = await mkdtemp(path.join(tmpdir(), 'acksm-registry-'))
    const host = `127.0.0.1:${await freePort()}`
    const config = path.join(directory, 'config.yaml')
    const settings = {
      version: 0.1,
      log: { level: 'info' },
      storage: { filesystem: { rootdirectory: path.join(directory, 'storage') } },
      http: { addr: host },
    }
    await writeFile(config, stringify(settings))
    const env = { OTEL_TRACES_EXPORTER: 'none' }
    const program = Program.start({ name: 'registry', script: RUN, args: [binary, 'serve', config], env })
    try {
      await program.line((line) => (line.includes('listening on') ? true : undefined), START_DEADLINE_MS)
    } catch (error) {
      await program.stop()
      await rm(directory, { recursive: true, force: true })
      throw error
    }
    return new OciRegistry(host, program, directory)
  }

  /** Digest of a tag. */
  async digest(name: string, tag: string): Promise<string> {
    const { headers } = await this.#manifest(name, tag)
    return headers.get('docker-content-digest') ?? ''
  }

  /** Bytes that a client downloads for a tag. */
  async size(name: string, tag: string): Promise<number> {
    const response = await this.#manifest(name, tag)
    const { layers } = (await response.json()) as { readonly layers: ReadonlyArray<{ readonly size: number }> }
    return layers.reduce((sum, { size }) => sum + size, 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program.stop()
    await rm(this.#directory, { recursive: true, force: true })
  }

  async #manifest(name: string, tag: string): Promise<Response> {
    const response = await fetch(`http://${this.host}/v2/${name}/manifests/${tag}`, {
      headers: { accept: MANIFESTS.join(', ') },
      signal: AbortSignal.timeout(START_DEADLINE_MS),
    })
    if (!response.ok) throw new Error(`registry: no ${name}:${tag}: ${response.status}`)
    return response
  }
}
