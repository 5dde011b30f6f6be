import { describe, expect, it } from 'vitest'
import { type BinariesEdge, resolveBinaries } from './binaries.ts'
import { ControlPlaneUnavailable } from '../control-plane-error.ts'
import type { GoToolchain } from './go-build.ts'

const THREE = ['etcd', 'kube-apiserver', 'kube-controller-manager']
const TWO = ['etcd', 'kube-apiserver']

interface Machine {
  readonly assets?: readonly string[]
  readonly built?: boolean
  readonly unpacked?: boolean
  readonly online?: boolean
  readonly go?: 'usable' | 'absent' | 'too old'
  readonly proxy?: boolean
}

/** A machine as a table row: existing files and available sources. */
function edgeOf(machine: Machine): { readonly edge: BinariesEdge; readonly done: string[] } {
  const done: string[] = []
  const files = new Set<string>()
  const put = (directory: string, names: readonly string[]): void =>
    names.forEach((name) => files.add(`${directory}/${name}`))
  put('/assets', machine.assets ?? [])
  if (machine.built) put('/built', THREE)
  if (machine.unpacked) put('/archive', TWO)
  const toolchains: Record<string, GoToolchain> = {
    usable: { usable: true },
    absent: { usable: false, problem: 'there is no Go' },
    'too old': { usable: false, problem: 'Go 1.26.0 or newer is needed, found go1.22.1' },
  }
  const edge: BinariesEdge = {
    assetsDir: machine.assets && '/assets',
    buildDir: '/built',
    archiveDir: '/archive',
    isProgram: (file) => files.has(file),
    async fetchArchive() {
      done.push('fetch')
      if (!machine.online) throw new Error('connect timeout')
      put('/archive', TWO)
    },
    findGo: async () => toolchains[machine.go ?? 'absent'] ?? { usable: false, problem: 'there is no Go' },
    async build() {
      done.push('build')
      if (machine.proxy === false) throw new Error('dial tcp: no such host')
      put('/built', THREE)
    },
    note: () => undefined,
  }
  return { edge, done }
}

describe('resolveBinaries', () => {
  it.each<[string, boolean, Machine, object, string[]]>([
    ['uses the assets first', true, { assets: THREE, built: true }, { source: 'assets', directory: '/assets' }, []],
    ['uses assets without a controller manager if none is required', false, { assets: TWO }, { source: 'assets' }, []],
    ['skips such assets if one is required', true, { assets: TWO, built: true }, { source: 'cache' }, []],
    ['uses an earlier build', true, { built: true, online: true, go: 'usable' }, { directory: '/built' }, []],
    ['uses an earlier download', false, { unpacked: true, go: 'usable' }, { directory: '/archive' }, []],
    ['downloads before it builds', false, { online: true, go: 'usable' }, { source: 'archive' }, ['fetch']],
    ['builds if it is offline', false, { go: 'usable' }, { source: 'build' }, ['fetch', 'build']],
    [
      'does not download an archive without the controller manager',
      true,
      { online: true, go: 'usable' },
      { source: 'build' },
      ['build'],
    ],
    [
      'does not use an earlier download of it either',
      true,
      { unpacked: true, go: 'usable' },
      { source: 'build' },
      ['build'],
    ],
  ])('%s', async (_rule, wantsControllerManager, machine, found, steps) => {
    const { edge, done } = edgeOf(machine)
    await expect(resolveBinaries(wantsControllerManager, edge)).resolves.toMatchObject(found)
    expect(done).toEqual(steps)
  })

  it.each<[string, boolean, Machine, RegExp, boolean]>([
    [
      'reports that neither network nor Go is available',
      false,
      {},
      /connect timeout.*there is no Go; install Go/,
      false,
    ],
    [
      'reports that Go is too old',
      true,
      { online: true, go: 'too old' },
      /1\.26\.0 or newer.*go1\.22\.1; install Go/,
      false,
    ],
    [
      'reports that modules are not available',
      true,
      { go: 'usable', proxy: false },
      /no such host.*module proxy/,
      true,
    ],
    ['does not skip invalid assets', true, { assets: ['etcd'], built: true }, /\/assets lacks kube-apiserver/, false],
  ])('%s', async (_rule, wantsControllerManager, machine, message, goPresent) => {
    const { edge } = edgeOf(machine)
    const error: unknown = await resolveBinaries(wantsControllerManager, edge).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ControlPlaneUnavailable)
    expect(error).toMatchObject({ message: expect.stringMatching(message), goPresent })
    expect(String(error)).not.toContain('\n')
  })
})
