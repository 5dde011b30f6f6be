/** The object that an event is about. */
export interface EventSubject {
  readonly apiVersion: string
  readonly kind: string
  /** Empty for a cluster-scoped object. */
  readonly namespace: string
  readonly name: string
  readonly uid: string
}

/** What happened. */
export interface EventRecord {
  readonly regarding: EventSubject
  readonly type: 'Normal' | 'Warning'
  /** CamelCase word, cut at 128 characters. */
  readonly reason: string
  /** For people, without anything secret; cut at 1,024 bytes. */
  readonly message: string
  /** What was being done. @default Sync */
  readonly action?: string
}
