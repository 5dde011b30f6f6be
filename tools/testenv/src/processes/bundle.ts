import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync, statSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))

/** A program that is shipped as a bundle, and runs from its sources in a checkout without a build. */
export class Bundle {
  /** Folder of the bundle. */
  readonly folder: string
  /** Script that starts the bundle. */
  readonly script: string
  /** Script that starts the sources. */
  readonly sourceScript: string
  readonly #app: string
  readonly #uses: readonly string[]
  #isCurrent: boolean | undefined

  /**
   * @param app folder of the program, from the root of the checkout
   * @param uses other folders of which it contains sources, besides the packages
   */
  constructor(app: string, script: string, sourceScript: string, uses: readonly string[] = []) {
    this.#app = app
    this.#uses = [app, ...uses]
    this.folder = path.join(ROOT, app, 'dist')
    this.script = path.join(this.folder, script)
    this.sourceScript = path.join(ROOT, app, 'bin', sourceScript)
  }

  /** Whether the bundle exists and is newer than everything that it contains. Found out once for each process. */
  get isCurrent(): boolean {
    this.#isCurrent ??= this.#isNewerThanSources()
    return this.#isCurrent
  }

  /** The bundle if it is current. Otherwise the sources, which take three times as much CPU to start. */
  get currentScript(): string {
    return this.isCurrent ? this.script : this.sourceScript
  }

  /** Builds the bundle unless it is current. @throws Error if the build fails */
  async ensure(progress: (text: string) => void): Promise<void> {
    if (this.#isNewerThanSources()) return
    progress(`building the bundle of ${this.#app}`)
    const child = spawn('npx', ['tsup'], { cwd: path.join(ROOT, this.#app), stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)))
    const [code] = (await once(child, 'exit')) as [number | null]
    if (code !== 0) throw new Error(`the bundle of ${this.#app} cannot be built:\n${output.slice(-2_000)}`)
  }

  /** @returns {@link script} @throws Error if it does not exist */
  built(): string {
    if (!existsSync(this.script)) throw new Error(`the bundle of ${this.#app} does not exist; run npm run build first`)
    return this.script
  }

  #isNewerThanSources(): boolean {
    const builtMs = statSync(this.script, { throwIfNoEntry: false })?.mtimeMs
    if (builtMs === undefined) return false
    const inputs = ['packages/*', ...this.#uses].flatMap((folder) => [`${folder}/src/**/*.ts`, `${folder}/*.{json,ts}`])
    return globSync([...inputs, 'tools/build/src/*.ts'], { cwd: ROOT }).every(
      (file) => file.endsWith('.test.ts') || statSync(path.join(ROOT, file)).mtimeMs <= builtMs,
    )
  }
}

export const OPERATOR = new Bundle('apps/operator', 'start.js', 'ack-secret-manager.mjs')

export const ACKSM = new Bundle('apps/cli', 'main.js', 'acksm.mjs', ['apps/ui'])
