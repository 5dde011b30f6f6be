import { expect, it } from 'vitest'
import { pageStatsOf, workRequestsOf } from './soak-stats.ts'

const PAGE = `# HELP acksm_sources Distinct reads that are kept fresh
acksm_sources 2000
acksm_queue_depth 3
acksm_resources{kind="ExternalSecret",ready="True"} 1990
acksm_resources{kind="ExternalSecret",ready="False"} 20
acksm_resources{kind="SecretStore",ready="True"} 10
acksm_kube_requests_total{verb="patch",resource="externalsecrets/status",code="200"} 7
acksm_kube_requests_total{verb="create",resource="secrets",code="201"} 5
acksm_kube_requests_total{verb="watch",resource="secrets",code="200"} 11
acksm_kube_requests_total{verb="update",resource="leases",code="200"} 13
process_resident_memory_bytes 104857600
process_open_fds 61
nodejs_active_resources{type="TCPSocketWrap"} 25
nodejs_active_resources{type="Timeout"} 33
nodejs_eventloop_lag_p50_seconds 0.0102
nodejs_eventloop_lag_p99_seconds 0.035
`

it('parses a page of metrics', () => {
  const { delayP50Ms, delayP99Ms, ...figures } = pageStatsOf(PAGE)
  expect(figures).toEqual({
    rssMiB: 100,
    openFiles: 61,
    sockets: 25,
    timers: 33,
    sources: 2_000,
    resources: 2_010,
    queueDepth: 3,
  })
  expect(delayP50Ms).toBeCloseTo(0.2)
  expect(delayP99Ms).toBeCloseTo(25)
})

it('does not count watches and leases as work', () => {
  expect(workRequestsOf(PAGE)).toBe(12)
})
