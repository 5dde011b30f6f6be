/** Services that a door stands in front of. */
export const SERVICES = ['api', 'kms', 'sts', 'metadata', 'instance', 'oos'] as const
/** One of {@link SERVICES}. */
export type Service = (typeof SERVICES)[number]

/** What a door does to requests and answers while it lasts. */
export type ProxyFault =
  /** Every answer comes that much later. */
  | { readonly kind: 'latency'; readonly ms: number }
  /** A TCP reset before the request is passed on, in the middle of the answer, or instead of the answer to what was done. */
  | { readonly kind: 'reset-before' | 'reset-mid-body' | 'answer-lost' }
  /** Nothing is heard any more, and nobody hangs up; open watches fall silent too. Ends with a reset. */
  | { readonly kind: 'half-open' }
  | { readonly kind: 'status'; readonly status: 429 | 500 | 503; readonly retryAfterSeconds: number | undefined }
  /** Status 200 and a page that is no JSON. */
  | { readonly kind: 'garbage' }
  /** The body in small pieces, a pause between them. */
  | { readonly kind: 'slow-loris'; readonly pauseMs: number }
  /** Another certificate, and open connections are cut: of a CA that clients trust, or of one that they do not. */
  | { readonly kind: 'certificate'; readonly trusted: boolean }
  /** Watches: cut inside an event; told that the history is gone; each event that much later; each event twice. */
  | { readonly kind: 'watch-cut' | 'watch-gone' | 'watch-twice' }
  | { readonly kind: 'watch-lag'; readonly ms: number }

/** What happens to a replica of the operator. */
export type ReplicaFault =
  /** SIGKILL of whoever leads; started again after the fault. */
  | { readonly kind: 'kill-leader' }
  /** SIGTERM; it has to end with 0. */
  | { readonly kind: 'stop-leader' }
  /** SIGSTOP for longer than the lease, then SIGCONT: for a moment there are two who think that they lead. */
  | { readonly kind: 'pause-leader' }
  /** SIGKILL at the n-th call from now on, before it is passed on, or when it was done and before the answer comes. */
  | {
      readonly kind: 'kill-at-call'
      readonly service: 'api-write' | 'kms'
      readonly call: number
      readonly done: boolean
    }
  /** SIGSTOP in the middle of a write, which arrives when another replica has taken over; then SIGCONT. */
  | { readonly kind: 'stale-write' }
  /** The clock of the leader is set that many hours ahead, or back where negative, and then right again. */
  | { readonly kind: 'clock-jump'; readonly hours: number }

/** What happens to the control plane. */
export type ClusterFault =
  | { readonly kind: 'restart-etcd' | 'restart-apiserver' }
  /** etcd has compacted its history, and both are started again: who wants to go on watching is told 410. */
  | { readonly kind: 'forget-history' }
  /** The definitions with one more field, applied while all goes on. */
  | { readonly kind: 'change-crd' }
  /** Its connections are cut, and it answers 403 to everything for a while: it has been restarted, and has not read its roles yet. */
  | { readonly kind: 'roles-unread' }
  /** The operator is connected to a second API server for a while, whose watch cache is behind; then to the first one again. */
  | { readonly kind: 'stale-server'; readonly lagMs: number }

/** One fault of a run. */
export type ScheduledFault = { readonly atMs: number; readonly forMs: number } & (
  | { readonly service: Service; readonly every: 1 | 2 | 3; readonly fault: ProxyFault }
  | { readonly service: 'replica'; readonly fault: ReplicaFault }
  | { readonly service: 'cluster'; readonly fault: ClusterFault }
)
