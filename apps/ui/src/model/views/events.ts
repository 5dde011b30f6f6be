/** An Event about a resource. */
export interface EventView {
  readonly time: string
  readonly count: number
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}

/** The latest Events, the last one first, at most 20; or why there are none. */
export type EventsView =
  | { readonly state: 'known'; readonly events: readonly EventView[] }
  | { readonly state: 'loading' | 'forbidden' | 'disconnected' }
