import type { ResourceStats } from '@ack-secret-manager/sync-engine'
import { describe, expect, it } from 'vitest'
import { createMetrics } from './metrics.ts'

const metrics = createMetrics('1.2.3')

it('keeps names, types and labels of metrics, which dashboards and alerts of users refer to', () => {
  const lines = metrics.definitions.map(({ name, type, labels }) => `${type} ${name}{${Object.keys(labels).join(',')}}`)
  expect(lines).toEqual([
    'gauge acksm_build_info{version}',
    'counter acksm_source_reads_total{backend,result}',
    'histogram acksm_source_read_duration_seconds{backend}',
    'counter acksm_batch_calls_total{backend,result}',
    'counter acksm_batch_secrets_total{backend,result}',
    'counter acksm_sweeps_total{backend,result}',
    'counter acksm_sweep_pages_total{backend}',
    'histogram acksm_sweep_duration_seconds{backend}',
    'gauge acksm_sweeps_failing{}',
    'gauge acksm_sweeps_waiting{}',
    'gauge acksm_listed_secrets{}',
    'gauge acksm_listed_bytes{}',
    'gauge acksm_sources{}',
    'gauge acksm_sources_failing{}',
    'gauge acksm_source_age_seconds{}',
    'gauge acksm_source_overdue_seconds{scope}',
    'gauge acksm_rate_limit{account,region}',
    'gauge acksm_store_reads_waiting{}',
    'gauge acksm_circuit_breakers{backend,state}',
    'counter acksm_sync_total{result}',
    'histogram acksm_sync_duration_seconds{}',
    'histogram acksm_change_to_secret_seconds{}',
    'gauge acksm_unwritten_change_seconds{}',
    'gauge acksm_cleanups_failing{}',
    'counter acksm_restarts_total{kind,result}',
    'gauge acksm_restarts_waiting{reason}',
    'counter acksm_push_total{result}',
    'gauge acksm_resources{kind,ready}',
    'gauge acksm_queue_depth{}',
    'histogram acksm_queue_latency_seconds{}',
    'gauge acksm_secrets_uncached{}',
    'gauge acksm_namespaces_left_out{}',
    'counter acksm_kube_requests_total{verb,resource,code}',
    'counter acksm_events_dropped_total{reason}',
    'counter acksm_credential_refresh_total{provider,identity,result}',
    'counter acksm_token_calls_total{kind,result}',
    'gauge acksm_tokens{}',
    'gauge acksm_client_key_expiry_timestamp_seconds{}',
    'counter acksm_hints_total{result}',
    'histogram acksm_hint_age_seconds{}',
    'gauge acksm_hint_queue_live{queue}',
    'counter acksm_hint_requests_total{result}',
    'counter acksm_hint_certificate_fetches_total{result}',
    'counter acksm_hint_receive_errors_total{code}',
    'gauge acksm_leader{}',
    'gauge acksm_members{}',
    'gauge acksm_member_domains{}',
    'gauge acksm_member_resources{}',
    'gauge acksm_shard_waiting_seconds{slot}',
  ])
})

it('renders each metric as it is defined, and the version', async () => {
  const page = await metrics.registry.metrics()
  for (const { name, type, help } of metrics.definitions) {
    expect(page).toContain(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`)
  }
  expect(page).toContain('acksm_build_info{version="1.2.3"} 1\n')
})

it('renders process and Node.js metrics only under their standard names', async () => {
  const names = [...(await metrics.registry.metrics()).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name ?? '')
  const own = new Set(metrics.definitions.map(({ name }) => name))
  const standard = names.filter((name) => !own.has(name))
  expect(standard).toEqual(
    expect.arrayContaining([
      'process_cpu_seconds_total',
      'process_resident_memory_bytes',
      'process_start_time_seconds',
      'process_open_fds',
      'nodejs_eventloop_lag_p99_seconds',
      'nodejs_heap_size_used_bytes',
    ]),
  )
  expect(standard.filter((name) => !/^(process|nodejs)_/.test(name))).toEqual([])
})

it('has no label that names a resource unless enabled', () => {
  const labels = metrics.definitions.flatMap((definition) => Object.keys(definition.labels))
  expect(labels.filter((label) => /name|secret|store/.test(label))).toEqual([])
})

describe('per-resource series', () => {
  const facts = (index: number, more: Partial<ResourceStats> = {}): ResourceStats => ({
    namespace: 'shop',
    name: `r${index}`,
    ready: 'True',
    reason: 'Synced',
    changedMs: 1_700_000_000_000,
    sourceAgeMs: 1_500,
    ...more,
  })
  const { ofResources, definitions } = createMetrics('1.2.3', { perResource: true })
  const text = (): string => [...(ofResources?.text() ?? [])].join('')
  const lines = (): string[] => text().match(/^acksm.*$/gm) ?? []

  it('add series without changing the others', () => {
    expect(definitions.filter(({ name }) => !metrics.definitions.some((one) => one.name === name))).toMatchObject([
      { name: 'acksm_resource_ready' },
      { name: 'acksm_resource_source_age_seconds' },
      { name: 'acksm_resource_last_change_timestamp_seconds' },
      { name: 'acksm_resources_left_out' },
    ])
    expect(metrics.ofResources).toBeUndefined()
  })

  it('show readiness and reason of each resource, and disappear with it', async () => {
    const broken = { ready: 'False', reason: 'SecretNotFound', changedMs: undefined, sourceAgeMs: undefined } as const
    ofResources?.update([facts(1), facts(2, broken)])
    expect(lines()).toEqual([
      'acksm_resource_ready{namespace="shop",name="r1",reason="Synced"} 1',
      'acksm_resource_ready{namespace="shop",name="r2",reason="SecretNotFound"} 0',
      'acksm_resource_source_age_seconds{namespace="shop",name="r1"} 1.5',
      'acksm_resource_last_change_timestamp_seconds{namespace="shop",name="r1"} 1700000000',
      'acksm_resources_left_out 0',
    ])
    ofResources?.update([facts(2)])
    expect(lines().filter((line) => line.includes('"r1"') || line.includes('SecretNotFound'))).toEqual([])
  })

  it('cover the first 10,000 resources and count the others', async () => {
    ofResources?.update(Array.from({ length: 10_003 }, (_none, index) => facts(index)))
    const all = lines()
    expect(all.filter((line) => line.startsWith('acksm_resource_ready{'))).toHaveLength(10_000)
    expect(all.filter((line) => line.includes('"r10000"'))).toEqual([])
    expect(all.at(-1)).toBe('acksm_resources_left_out 3')
  })
})
