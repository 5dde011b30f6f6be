import type { SourceMap } from 'node:module'

/** The used fields of a V8 profile (Chrome DevTools protocol, `Profiler.Profile`). */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: {
      readonly functionName: string
      readonly url: string
      /** Both start at zero. */
      readonly lineNumber: number
      readonly columnNumber: number
    }
  }[]
  readonly samples: readonly number[]
  /** Microseconds since the previous sample. */
  readonly timeDeltas: readonly number[]
}

/** Self time of one function or module. */
export interface SelfTime {
  readonly what: string
  readonly seconds: number
  /** Share of the time that the process was busy. */
  readonly share: number
}

/** The largest self times, by function and by module. */
export interface ProfileSummary {
  readonly busySeconds: number
  readonly functions: readonly SelfTime[]
  readonly modules: readonly SelfTime[]
}

/** Returns the module of a position in the program; line and column start at zero. */
export type ModuleOf = (url: string, line: number, column: number) => string

/** Idle time. */
const IDLE = new Set(['(idle)', '(root)'])

/** Sums the time by function and by module. */
export function summarizeProfile({ nodes, samples, timeDeltas }: CpuProfile, moduleOf: ModuleOf): ProfileSummary {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const functions = new Map<string, number>()
  const modules = new Map<string, number>()
  let busy = 0
  for (const [index, id] of samples.entries()) {
    const frame = frames.get(id)
    if (frame === undefined || IDLE.has(frame.functionName)) continue
    const seconds = (timeDeltas[index] ?? 0) / 1e6
    const module =
      frame.url === '' ? frame.functionName || '(native)' : moduleOf(frame.url, frame.lineNumber, frame.columnNumber)
    const name = frame.url === '' ? module : `${frame.functionName || '(anonymous)'} (${module})`
    functions.set(name, (functions.get(name) ?? 0) + seconds)
    modules.set(module, (modules.get(module) ?? 0) + seconds)
    busy += seconds
  }
  const ranked = (times: ReadonlyMap<string, number>): SelfTime[] =>
    [...times]
      .map(([what, seconds]) => ({ what, seconds, share: seconds / busy }))
      .sort((a, b) => b.seconds - a.seconds)
  return { busySeconds: busy, functions: ranked(functions), modules: ranked(modules) }
}

/**
 * Origin of positions in bundles, by source map. Files of one package count as one; Node's own modules are identified by
 * their scheme.
 */
export function bundleModules(maps: ReadonlyMap<string, SourceMap>): ModuleOf {
  return (url, line, column) => {
    if (url.startsWith('node:')) return url
    const entry = maps.get(url)?.findEntry(line, column)
    return entry && 'originalSource' in entry ? packageOf(entry.originalSource) : url.slice(url.lastIndexOf('/') + 1)
  }
}

/** The package that a file is part of. */
export function packageOf(file: string): string {
  const dependency = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1]
  return dependency ?? /(?:packages|apps)\/[^/]+/.exec(file)?.[0] ?? 'apps/operator'
}
