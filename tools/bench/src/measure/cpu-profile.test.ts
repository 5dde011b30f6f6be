import { SourceMap } from 'node:module'
import { expect, it } from 'vitest'
import { bundleModules, type CpuProfile, packageOf, summarizeProfile } from './cpu-profile.ts'

it.each([
  ['../../../node_modules/@scope/lib/dist/index.js', '@scope/lib'],
  ['../../../packages/k8s-client/node_modules/undici/index.js', 'undici'],
  ['../../../packages/k8s-client/src/client/kube-client.ts', 'packages/k8s-client'],
  ['../src/operator.ts', 'apps/operator'],
])('%s is part of %s', (file, module) => {
  expect(packageOf(file)).toBe(module)
})

// Column 0 of line 0 is the library's, column 10 ours.
const map = new SourceMap({
  file: 'start.js',
  version: 3,
  sources: ['../../../node_modules/@scope/lib/index.js', '../src/operator.ts'],
  sourcesContent: ['', ''],
  names: [],
  mappings: 'AAAA,UCAA',
  sourceRoot: '',
})
const URL = 'file:///x/start.js'
const moduleOf = bundleModules(new Map([[URL, map]]))

it('finds the package of a position in a bundle', () => {
  expect(moduleOf(URL, 0, 5)).toBe('@scope/lib')
  expect(moduleOf(URL, 0, 12)).toBe('apps/operator')
  expect(moduleOf('node:net', 3, 1)).toBe('node:net')
  expect(moduleOf('file:///elsewhere/x.js', 3, 1)).toBe('x.js')
})

it('sums self times, without idle time', () => {
  const frame = (functionName: string, url: string, columnNumber: number) => ({
    functionName,
    url,
    lineNumber: 0,
    columnNumber,
  })
  const profile: CpuProfile = {
    nodes: [
      { id: 1, callFrame: frame('(idle)', '', -1) },
      { id: 2, callFrame: frame('parse', URL, 2) },
      { id: 3, callFrame: frame('sync', URL, 11) },
      { id: 4, callFrame: frame('(garbage collector)', '', -1) },
    ],
    samples: [1, 2, 3, 2, 4],
    timeDeltas: [9_000_000, 2_000_000, 1_000_000, 1_000_000, 1_000_000],
  }
  const { busySeconds, functions, modules } = summarizeProfile(profile, moduleOf)
  expect(busySeconds).toBe(5)
  expect(functions[0]).toEqual({ what: 'parse (@scope/lib)', seconds: 3, share: 0.6 })
  expect(modules.map(({ what }) => what)).toEqual(['@scope/lib', 'apps/operator', '(garbage collector)'])
})
