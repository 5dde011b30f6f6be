/**
 * What became of a request.
 * - `taken`: its hint was taken over
 * - `duplicate`: its hint was taken over before
 * - `health-check`: a request of a load balancer
 * - `unauthorized`: no signature of EventBridge for this URL and token
 * - `expired`: signed more than 60 seconds ago
 * - `too-large`: more than 128 KiB
 * - `aborted`: its sender was too slow, or ended the connection
 * - `standby`: nothing receives here
 * - `busy`: too many requests wait, or their hints were not taken over in time
 * - `unverified`: the certificate could not be fetched
 */
export type RequestResult = keyof typeof STATUS

/** The HTTP status of each result. */
export const STATUS = {
  taken: 200,
  duplicate: 200,
  'health-check': 200,
  unauthorized: 401,
  expired: 401,
  aborted: 408,
  'too-large': 413,
  standby: 503,
  busy: 503,
  unverified: 503,
} as const
