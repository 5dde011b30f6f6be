import { readFileSync } from 'node:fs'
import { createMetrics } from '@ack-secret-manager/operator'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { dashboard } from './generators/dashboard.ts'
import { useHelm } from './programs/use-helm.ts'
import { ROOT } from './root.ts'

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly for?: string
  readonly labels: { readonly severity: string; readonly scope: string }
  readonly annotations: Readonly<Record<string, string>>
}

interface Rules {
  readonly groups: ReadonlyArray<{ readonly name: string; readonly rules: readonly Rule[] }>
}

interface Dashboard {
  readonly panels: ReadonlyArray<{
    readonly id: number
    readonly title: string
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
    readonly targets: ReadonlyArray<{ readonly expr: string; readonly legendFormat: string }>
  }>
}

const textOf = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8')
const alerts = parse(textOf('apps/operator/chart/files/alerts.yaml')) as Rules
const rules = alerts.groups.flatMap((group) => group.rules)
const { panels } = dashboard() as Dashboard
const metrics = createMetrics('0')
const labelsOf = new Map(metrics.definitions.map(({ name, labels }) => [name, Object.keys(labels)]))
/** Fields of a Lease. */
const LEASE = '`acquireTime` `holderIdentity` `renewTime`'
/** Labels that Prometheus and histograms add. */
const ADDED = ['namespace', 'job', 'instance', 'pod', 'le']
const expressions = [
  ...rules.map(({ alert, expr }) => [alert, expr] as const),
  ...panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [`panel ${title}`, expr] as const)),
]

/** Metrics of an expression, without the name suffixes of histograms. */
function metricsOf(expr: string): string[] {
  return [...expr.matchAll(/acksm_\w+/g)].map(([name]) => (labelsOf.has(name) ? name : name.replace(/_bucket$/, '')))
}

/** Labels by which an expression selects or sums. */
function labelsIn(expr: string): string[] {
  const matched = [...expr.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map(([, label]) => label ?? '')
  const summed = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(',').map((s) => s.trim()))
  return [...matched, ...summed]
}

describe.each(expressions)('%s', (_where, expr) => {
  it('uses only metrics of the operator', () => {
    expect(metricsOf(expr)).not.toEqual([])
    expect(metricsOf(expr).filter((name) => metrics.registry.getSingleMetric(name) === undefined)).toEqual([])
  })

  it('uses only labels of these metrics', () => {
    const known = [...metricsOf(expr).flatMap((name) => labelsOf.get(name) ?? []), ...ADDED]
    expect(labelsIn(expr).filter((label) => !known.includes(label))).toEqual([])
  })

  it('uses the rate of counters and the value of gauges', () => {
    const asked = [...expr.matchAll(/(\w*)\(?(acksm_\w+)/g)]
    const wrong = asked.filter(
      ([, call = '', name = '']) => /^(rate|increase)$/.test(call) !== /_(total|bucket)$/.test(name),
    )
    expect(wrong.map(([text]) => text)).toEqual([])
  })

  it('has balanced brackets', () => {
    const open: string[] = []
    const bare = expr.replaceAll(/"[^"]*"/g, '')
    for (const [sign] of bare.matchAll(/[()[\]{}]/g)) {
      if ('([{'.includes(sign)) open.push({ '(': ')', '[': ']', '{': '}' }[sign] ?? '')
      else expect(open.pop()).toBe(sign)
    }
    expect([open, expr.split('"').length % 2]).toEqual([[], 1])
  })
})

/** Where the chart says the project is, which is compared with package.json by the checks of published packages. */
const RUNBOOKS = `${(parse(textOf('apps/operator/chart/Chart.yaml')) as { home: string }).home}/blob/main/docs/runbooks.md`

describe('alert rules', () => {
  const runbooks = textOf('docs/runbooks.md')
  const headings = [...runbooks.matchAll(/^## (\w+)$/gm)].map(([, heading]) => heading)

  it('have unique names, and each has a section of the runbooks', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length)
    expect(headings).toEqual(rules.map(({ alert }) => alert))
  })

  it('have runbooks with existing fields of resources and existing values of labels', () => {
    const words = [...runbooks.matchAll(/`([a-z]+(?:[A-Z][a-z]+)+)`/g)].map(([, word = '']) => word)
    const pages = ['externalsecret', 'pushsecret', 'secretstore'].map((page) => textOf(`docs/reference/${page}.md`))
    const known = [...pages, JSON.stringify(metrics.definitions), LEASE].join('\n')
    expect(words.length).toBeGreaterThan(0)
    expect(words.filter((word) => !known.includes(`\`${word}\``))).toEqual([])
  })

  it.each(rules.map((rule) => [rule.alert, rule] as const))('%s is well-formed', (alert, rule) => {
    expect(Object.keys(rule).filter((key) => key !== 'for')).toEqual(['alert', 'expr', 'labels', 'annotations'])
    expect(rule.for ?? '1m').toMatch(/^\d+[smh]$/)
    expect(rule.labels).toEqual({
      severity: expect.stringMatching(/^(critical|warning|info)$/),
      scope: expect.stringMatching(
        /^(platform|tenant|\{\{ if .*\}\}(platform|tenant)\{\{ else \}\}(platform|tenant)\{\{ end \}\})$/,
      ),
    })
    expect(Object.keys(rule.annotations)).toEqual(['summary', 'description', 'runbook_url'])
    expect(rule.annotations['runbook_url']).toBe(`${RUNBOOKS}#${alert.toLowerCase()}`)
  })

  it.each(rules.map((rule) => [rule.alert, rule] as const))(
    '%s uses only labels that its expression keeps',
    (_alert, rule) => {
      const used = [...JSON.stringify([rule.annotations, rule.labels]).matchAll(/\$labels\.(\w+)/g)].map(
        ([, label]) => label,
      )
      // Without a sum all labels are kept.
      const kept = /by \(/.test(rule.expr) ? labelsIn(rule.expr.slice(0, rule.expr.indexOf(')')) + ')') : ADDED
      expect(used.filter((label) => !kept.includes(label ?? ''))).toEqual([])
    },
  )
})

it('panels have unique ids and do not overlap', () => {
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
  )
  expect(new Set(cells).size).toBe(cells.length)
  expect(panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true)
})

describe('the chart', () => {
  const helm = useHelm()
  const release = { release: 'acksm', namespace: 'kube-system' }
  const labels = { release: 'prometheus' }

  it('contains the rules and the dashboard of its files if enabled', async () => {
    const metricsValues = { prometheusRule: { create: true, labels }, dashboard: { create: true } }
    const objects = await helm.manifests({ ...release, values: { metrics: metricsValues } })
    expect(objects.find(({ kind }) => kind === 'PrometheusRule')).toMatchObject({
      metadata: { namespace: 'kube-system', labels },
      spec: alerts,
    })
    const map = objects.find(({ kind }) => kind === 'ConfigMap') as unknown as { data: Record<string, string> }
    expect(map).toMatchObject({ metadata: { labels: { grafana_dashboard: '1' } } })
    expect(JSON.parse(map.data['ack-secret-manager.json'] ?? '')).toEqual(dashboard())
  })

  it('links to another copy of the runbooks if its address is set', async () => {
    const runbookUrl = 'https://git.example/runbooks.md?plain=1'
    const values = { metrics: { prometheusRule: { create: true, runbookUrl } } }
    const objects = await helm.manifests({ ...release, values })
    const { spec } = objects.find(({ kind }) => kind === 'PrometheusRule') as unknown as { spec: Rules }
    expect(spec.groups.flatMap((group) => group.rules)).toEqual(
      rules.map(({ annotations, ...rule }) => ({
        ...rule,
        annotations: { ...annotations, runbook_url: annotations['runbook_url']?.replace(RUNBOOKS, runbookUrl) },
      })),
    )
  })

  it('has neither by default', async () => {
    const kinds = (await helm.manifests(release)).map(({ kind }) => kind)
    expect(kinds).not.toContain('PrometheusRule')
    expect(kinds).not.toContain('ConfigMap')
  })
})
