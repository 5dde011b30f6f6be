import type { EngineFailure } from './engine-answer.ts'
import type { EngineLost } from './wasm-engine.ts'

/** What a render thread is started with. */
export interface ThreadData {
  /** One number: which template is being rendered. It can be read while the thread is too busy to answer. */
  readonly progress: Int32Array
}

/** What it is asked. */
export interface ThreadRequest {
  /** See `encodeRequest`. Passed on, not copied. */
  readonly request: Uint8Array<ArrayBuffer>
  readonly templates: number
}

/** What it says: `ready` or `unusable` once, then one of the others for each request. */
export type ThreadMessage = { readonly kind: 'ready' } | ThreadAnswer

/** How a request ended. After `unusable` and `lost` there will be no other. */
export type ThreadAnswer =
  | { readonly kind: 'outputs'; readonly outputs: readonly Uint8Array<ArrayBuffer>[] }
  | { readonly kind: 'failure'; readonly template: number; readonly failure: EngineFailure }
  | { readonly kind: 'unusable'; readonly problem: string }
  | { readonly kind: 'lost'; readonly reason: LossReason }

/** Why a thread is of no use any more. Of `time`, that of the processor, and of the `clock` it cannot speak itself. */
export type LossReason = EngineLost['reason'] | 'time' | 'clock'
