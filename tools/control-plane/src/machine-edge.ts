import { accessSync, constants } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BinariesEdge } from './binaries/binaries.ts'
import { cacheKey, cacheRoot, fill } from './binaries/cache.ts'
import { ENVTEST_VERSION, envtestArchive, fetchArchive } from './binaries/envtest-archive.ts'
import { buildFlags, buildPrograms, findGo, type Module } from './binaries/go-build.ts'
import type { Progress } from './binaries/progress.ts'
import { versionsOf } from './binaries/versions.ts'

const sourceDir = fileURLToPath(new URL('../go', import.meta.url))

/** Which of the pinned versions to use: `oldest` is the oldest Kubernetes that the chart supports. */
const VERSION_VARIABLE = 'CONTROL_PLANE_VERSION'

/** This machine for the resolution: environment, disk, network and Go. */
export async function machineEdge(progress: Progress, signal = new AbortController().signal): Promise<BinariesEdge> {
  const module = moduleOf(process.env[VERSION_VARIABLE])
  const sources: Record<string, string> = {}
  for (const name of [`${module}.mod`, `${module}.sum`, 'main.go']) {
    sources[name] = await readFile(path.join(sourceDir, name), 'utf8')
  }
  const versions = versionsOf(sources[`${module}.mod`] ?? '')
  const flags = buildFlags(versions, module)
  sources['build flags'] = flags.join(' ')
  const { platform, arch } = process
  const root = cacheRoot(process.env, homedir())
  const archive = module === 'go' ? envtestArchive(platform, arch) : undefined
  const buildDir = path.join(root, cacheKey({ versions, sources, platform, arch }))
  const archiveDir = path.join(root, archive?.name ?? `envtest-v${ENVTEST_VERSION}-none`)

  return {
    assetsDir: process.env.KUBEBUILDER_ASSETS,
    buildDir,
    archiveDir,
    isProgram,
    note: (text) => progress.note(text),
    findGo: () => findGo(versions),
    build: () =>
      fill(buildDir, { progress, signal }, (targetDir) =>
        buildPrograms({ sourceDir, targetDir, versions, flags, progress, signal }),
      ),
    async fetchArchive() {
      if (archive === undefined) throw new Error(`none is published for ${platform}-${arch}`)
      await fill(archiveDir, { progress, signal }, async (targetDir) => {
        progress.stage(`downloading ${archive.name}`)
        await fetchArchive(archive, targetDir, { signal })
        progress.done(`downloaded ${archive.name}`)
      })
    },
  }
}

function moduleOf(version: string | undefined): Module {
  if (!version) return 'go'
  if (version === 'oldest') return 'oldest'
  throw new Error(`${VERSION_VARIABLE}: expected oldest or nothing, got ${JSON.stringify(version)}`)
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
