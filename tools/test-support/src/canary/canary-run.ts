import { randomBytes } from 'node:crypto'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** Variable with the folder of the run, for its processes but not for programs under test. */
const DIRECTORY_VARIABLE = 'CANARY_RUN_DIR'
/** Variable with the path of the control plane's audit log, see `@ack-secret-manager/control-plane`. */
const AUDIT_VARIABLE = 'CONTROL_PLANE_AUDIT_LOG'
/** Variables that must not reach a program under test, because they would be leaks. */
export const RUN_VARIABLES: readonly string[] = [DIRECTORY_VARIABLE, AUDIT_VARIABLE]

const MARKER_FILE = 'marker'
const VALUES_FILE = 'values.jsonl'

/** A value that must not be visible, and its label. */
export interface PlantedValue {
  /** For reports, which never contain the value. */
  readonly label: string
  readonly value: string
}

/** One test run: its planted values and all visible text, in files that many processes append to. */
export class CanaryRun {
  readonly directory: string
  /** Part of every canary of this run only: lower-case letters and digits. */
  readonly marker: string
  readonly #planted = new Set<string>()

  private constructor(directory: string, marker: string) {
    this.directory = directory
    this.marker = marker
  }

  /** Starts a run. Processes with that environment join it. */
  static begin(env: NodeJS.ProcessEnv = process.env): CanaryRun {
    const directory = mkdtempSync(path.join(tmpdir(), 'acksm-canary-'))
    writeFileSync(path.join(directory, MARKER_FILE), newMarker())
    writeFileSync(path.join(directory, VALUES_FILE), '')
    env[DIRECTORY_VARIABLE] = directory
    env[AUDIT_VARIABLE] = path.join(directory, 'audit.log')
    return CanaryRun.at(directory)
  }

  /** The run in that folder. */
  static at(directory: string): CanaryRun {
    return new CanaryRun(directory, readFileSync(path.join(directory, MARKER_FILE), 'utf8'))
  }

  /** The run of this process. */
  static get current(): CanaryRun | undefined {
    const directory = process.env[DIRECTORY_VARIABLE]
    if (directory === undefined) return undefined
    if (current?.directory !== directory) current = CanaryRun.at(directory)
    return current
  }

  /** Values that any process planted. */
  get planted(): readonly PlantedValue[] {
    const lines = readFileSync(path.join(this.directory, VALUES_FILE), 'utf8').split('\n').filter(Boolean)
    const values = lines.map((line) => JSON.parse(line) as PlantedValue)
    return [...new Map(values.map((planted) => [planted.value, planted])).values()]
  }

  plant(planted: PlantedValue): void {
    if (this.#planted.has(planted.value)) return
    this.#planted.add(planted.value)
    appendFileSync(path.join(this.directory, VALUES_FILE), `${JSON.stringify(planted)}\n`)
  }

  /** Deletes the files of the run. */
  end(): void {
    rmSync(this.directory, { recursive: true, force: true })
  }

  /** Keeps text of a channel until the scan. */
  collect(channel: string, text: string | Uint8Array): void {
    // A file for each process, because long appends are not atomic.
    appendFileSync(path.join(this.directory, `${channel.replaceAll(/[^\w-]/g, '-')}-${process.pid}.log`), text)
  }
}

let current: CanaryRun | undefined

/** Twelve lower-case letters and digits: 62 random bits, which no other text has by chance. */
export function newMarker(): string {
  return [...randomBytes(12)].map((byte) => (byte % 36).toString(36)).join('')
}
