import { expect, it } from 'vitest'
import { createMetrics } from './metrics.ts'

const metrics = createMetrics('1.2.3')

it('metrics stay as they are: dashboards and alerts of others name them', () => {
  const lines = metrics.definitions.map(({ name, type, labels }) => `${type} ${name}{${Object.keys(labels).join(',')}}`)
  expect(lines).toEqual([
    'gauge acksm_build_info{version}',
    'counter acksm_source_reads_total{backend,result}',
    'histogram acksm_source_read_duration_seconds{backend}',
    'gauge acksm_sources{}',
    'gauge acksm_sources_failing{}',
    'gauge acksm_source_age_seconds{}',
    'gauge acksm_source_overdue_seconds{}',
    'gauge acksm_rate_limit{account,region}',
    'counter acksm_sync_total{result}',
    'histogram acksm_sync_duration_seconds{}',
    'histogram acksm_change_to_secret_seconds{}',
    'counter acksm_restarts_total{kind,result}',
    'gauge acksm_resources{kind,ready}',
    'gauge acksm_queue_depth{}',
    'histogram acksm_queue_latency_seconds{}',
    'counter acksm_kube_requests_total{verb,resource,code}',
    'counter acksm_events_dropped_total{reason}',
    'counter acksm_credential_refresh_total{provider,result}',
    'gauge acksm_client_key_expiry_timestamp_seconds{}',
    'gauge acksm_leader{}',
  ])
})

it('the page has each of them as it is defined, and the version', async () => {
  const page = await metrics.registry.metrics()
  for (const { name, type, help } of metrics.definitions) {
    expect(page).toContain(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`)
  }
  expect(page).toContain('acksm_build_info{version="1.2.3"} 1\n')
})

it('no label names a resource', () => {
  const labels = metrics.definitions.flatMap((definition) => Object.keys(definition.labels))
  expect(labels.filter((label) => /name|secret|store/.test(label))).toEqual([])
})
