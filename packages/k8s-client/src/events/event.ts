/** The object that an event is about. */
export interface EventSubject {
  readonly apiVersion: string
  readonly kind: string
  /** Empty for a cluster-scoped object. */
  readonly namespace: string
  readonly name: string
  readonly uid: string
}

export interface EventRecord {
  readonly regarding: EventSubject
  readonly type: 'Normal' | 'Warning'
  /** CamelCase word, truncated to 128 characters. */
  readonly reason: string
  /** Text without secret values, truncated to 1,024 bytes. */
  readonly message: string
  /** Action of the reporter. @default Sync */
  readonly action?: string
}
