import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { symlink } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import type { Progress } from './progress.ts'
import { PROGRAMS } from './programs.ts'
import { isGoNewEnough, type Versions } from './versions.ts'

const GO = 'go'

const run = promisify(execFile)

/** Go on this machine; `problem` is a short reason why it cannot be used. */
export type GoToolchain = { readonly usable: true } | { readonly usable: false; readonly problem: string }

/** Looks for a recent enough Go; it never downloads another toolchain. */
export async function findGo(versions: Versions): Promise<GoToolchain> {
  try {
    const { stdout } = await run(GO, ['env', 'GOVERSION'], { env: goEnvironment(), cwd: '/', timeout: 30_000 })
    const found = stdout.trim()
    if (isGoNewEnough(found, versions.go)) return { usable: true }
    return { usable: false, problem: `Go ${versions.go} or newer is needed, found ${found}` }
  } catch {
    return { usable: false, problem: 'there is no Go' }
  }
}

export interface BuildOptions {
  readonly sourceDir: string
  /** Existing directory that receives the program and its three names. */
  readonly targetDir: string
  readonly versions: Versions
  /** Of {@link buildFlags}. */
  readonly flags: readonly string[]
  readonly progress: Progress
  readonly signal: AbortSignal
  /** @default 1_800_000 */
  readonly deadlineMs?: number
}

/** Name of a module file and its checksums, without `.mod` and `.sum`. `oldest` has the oldest supported Kubernetes. */
export type Module = 'go' | 'oldest'

/** Flags that shape the binary; part of the cache key. */
export function buildFlags(versions: Pick<Versions, 'kubernetes'>, module: Module): string[] {
  const [major, minor] = versions.kubernetes.split('.')
  const stamp = { gitVersion: `v${versions.kubernetes}`, gitMajor: major, gitMinor: minor }
  const stamps = Object.entries(stamp).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`)
  // The providers of clouds, which Kubernetes 1.31 removed, are not needed, and their modules are large.
  const of = module === 'go' ? [] : [`-modfile=${module}.mod`, '-tags=providerless']
  return [...of, '-trimpath', '-mod=readonly', '-ldflags', ['-s', '-w', ...stamps].join(' ')]
}

/**
 * Compiles the single binary of all three programs, and links their names to it. @throws Error with the last output of Go
 */
export async function buildPrograms(options: BuildOptions): Promise<void> {
  const { sourceDir, targetDir, versions, flags, progress, deadlineMs = 1_800_000 } = options
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(deadlineMs)])

  progress.stage('fetching Go modules')
  let packages = 0
  const selection = flags.filter((flag) => /^-(?:modfile|tags)=/.test(flag))
  const listing = { args: ['list', ...selection, '-deps', '-f', '{{.ImportPath}}', '.'], cwd: sourceDir, signal }
  await go({ ...listing, onLine: (_line, stream) => (packages += stream === 'stdout' ? 1 : 0) })
  progress.done(`Go modules are there (${packages} packages)`)

  progress.stage('compiling')
  let compiled = 0
  const binary = path.join(targetDir, 'control-plane')
  const building = { args: ['build', '-v', ...flags, '-o', binary, '.'], cwd: sourceDir, signal }
  await go({
    ...building,
    onLine: (line) => {
      compiled += 1
      // Our own package is compiled last, before linking.
      const text = line.endsWith('/tools/control-plane/go')
        ? 'linking'
        : `compiling, ${compiled} of ${packages} packages`
      progress.update(text)
    },
  })
  for (const name of PROGRAMS) await symlink('control-plane', path.join(targetDir, name))
  progress.done(`built etcd ${versions.etcd} and Kubernetes ${versions.kubernetes}`)
}

interface GoCall {
  readonly args: readonly string[]
  readonly cwd: string
  readonly signal: AbortSignal
  readonly onLine: (line: string, stream: 'stdout' | 'stderr') => void
}

async function go({ args, cwd, signal, onLine }: GoCall): Promise<void> {
  const child = spawn(GO, args, { cwd, env: goEnvironment(), stdio: ['ignore', 'pipe', 'pipe'], signal })
  const lastWords: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => onLine(line, 'stdout'))
  createInterface({ input: child.stderr }).on('line', (line) => {
    onLine(line, 'stderr')
    lastWords.push(line)
    if (lastWords.length > 5) lastWords.shift()
  })
  const [code, killedBy] = (await once(child, 'close')) as [number | null, string | null]
  if (code !== 0) throw new Error(`go ${args[0]} ended with ${code ?? killedBy}: ${lastWords.join(' | ')}`)
}

/** Keeps the user's Go settings, but fixes the toolchain and disables cgo. */
function goEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, GOTOOLCHAIN: 'local', CGO_ENABLED: '0' }
}
