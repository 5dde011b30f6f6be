import { accessSync, constants } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BinariesEdge } from './binaries/binaries.ts'
import { cacheKey, cacheRoot, fill } from './binaries/cache.ts'
import { ENVTEST_VERSION, envtestArchive, fetchArchive } from './binaries/envtest-archive.ts'
import { buildFlags, buildPrograms, findGo } from './binaries/go-build.ts'
import type { Progress } from './binaries/progress.ts'
import { versionsOf } from './binaries/versions.ts'

const sourceDir = fileURLToPath(new URL('../go', import.meta.url))

/** This machine for the resolution: environment, disk, network and Go. */
export async function machineEdge(progress: Progress, signal = new AbortController().signal): Promise<BinariesEdge> {
  const sources: Record<string, string> = {}
  for (const name of ['go.mod', 'go.sum', 'main.go']) {
    sources[name] = await readFile(path.join(sourceDir, name), 'utf8')
  }
  const versions = versionsOf(sources['go.mod'] ?? '')
  sources['build flags'] = buildFlags(versions).join(' ')
  const { platform, arch } = process
  const root = cacheRoot(process.env, homedir())
  const archive = envtestArchive(platform, arch)
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
        buildPrograms({ sourceDir, targetDir, versions, progress, signal }),
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

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
