import type { EngineFailure } from './engine-response.ts'
import type { EngineLost } from './wasm-engine.ts'

/** Start parameters of a render thread. */
export interface ThreadData {
  /** One number: which template is being rendered. It can be read while the thread is too busy to respond. */
  readonly progress: Int32Array
  /** The compiled engine. Without it, the thread compiles it. */
  readonly module: WebAssembly.Module | undefined
}

export interface ThreadRequest {
  /** See `encodeRequest`. Passed on, not copied. */
  readonly request: Uint8Array<ArrayBuffer>
  readonly templates: number
}

/** Messages of the thread: `ready` or `unusable` once, then one of the others for each request. */
export type ThreadMessage = { readonly kind: 'ready'; readonly module: WebAssembly.Module } | ThreadResponse

/** Result of a request. `unusable` and `lost` are final. */
export type ThreadResponse =
  | { readonly kind: 'outputs'; readonly outputs: readonly Uint8Array<ArrayBuffer>[] }
  | { readonly kind: 'failure'; readonly template: number; readonly failure: EngineFailure }
  | { readonly kind: 'unusable'; readonly problem: string }
  | { readonly kind: 'lost'; readonly reason: LossReason }

/** Why a thread was lost. It cannot report `time` (CPU) and `clock` itself. */
export type LossReason = EngineLost['reason'] | 'time' | 'clock'
