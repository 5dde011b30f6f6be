import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import type { GraphNode, GraphView } from '../../../model/views/index.ts'
import { visibleText } from '../../format/visible-text.ts'
import { useMessages } from '../../state/app.ts'
import { formatRoute, pushSecretHref, resourceHref, storeHref } from '../../routes.ts'
import { type GraphLayout, layoutGraph, type PlacedNode, WIDTH } from './graph-layout.ts'
import { Icon, type IconName } from '../base/icon.tsx'
import { Text } from '../base/text.tsx'

const KIND_ICONS: Readonly<Record<string, IconName>> = {
  KMSSecret: 'key',
  Identity: 'identity',
  SecretStore: 'stores',
  ClusterSecretStore: 'stores',
  ExternalSecret: 'sync',
  ClusterExternalSecret: 'cluster',
  PushSecret: 'push',
  Secret: 'secret',
}

const STATES = {
  ok: { tone: 'ok', icon: 'ready' },
  warning: { tone: 'warn', icon: 'degraded' },
  error: { tone: 'bad', icon: 'failing' },
  unknown: { tone: 'plain', icon: 'unknown' },
} as const satisfies Readonly<Record<GraphNode['state'], { tone: string; icon: IconName }>>

/** The way of a value from KMS to the Pods: columns of nodes, connected by lines; on a narrow screen, one below the other. */
export function Graph({
  graph,
  current,
  label,
}: {
  readonly graph: GraphView
  readonly current: string
  /** @default from KMS to the workloads */
  readonly label?: string
}): JSX.Element {
  const messages = useMessages()
  const isWhole = useSignal(false)
  const focus = useSignal('')
  const layout = layoutGraph(graph, isWhole.value)
  return (
    <div class="graph">
      <div class="graph-scroll" role="region" aria-label={label ?? messages.graph.label} tabIndex={0}>
        <div class="graph-plane" style={{ height: `${layout.height / 16}rem` }}>
          <Edges layout={layout} focus={focus.value} />
          <ol class="graph-columns">
            {layout.columns.map((nodes, column) => (
              <li key={column} class="graph-column">
                <ul>
                  {nodes.map((placed) => (
                    <Node
                      key={placed.node.id}
                      placed={placed}
                      layout={layout}
                      isCurrent={isSelf(placed.node, current)}
                      onFocus={(id) => (focus.value = id)}
                    />
                  ))}
                </ul>
              </li>
            ))}
          </ol>
        </div>
      </div>
      {layout.folded > 0 || isWhole.value ? (
        <button type="button" class="button" onClick={() => (isWhole.value = !isWhole.value)}>
          {isWhole.value ? messages.graph.less : messages.graph.all(layout.folded)}
        </button>
      ) : null}
      {graph.more > 0 ? <p class="hint">{messages.graph.more(graph.more)}</p> : null}
    </div>
  )
}

function Edges({ layout, focus }: { readonly layout: GraphLayout; readonly focus: string }): JSX.Element {
  return (
    <svg class="graph-edges" viewBox={`0 0 ${WIDTH} ${layout.height}`} preserveAspectRatio="none" aria-hidden="true">
      {layout.edges.map(({ from, to, path }) => {
        const isFocused = focus !== '' && (from.node.id === focus || to.node.id === focus)
        // No value comes out of a node that does not work.
        const isBroken = from.node.state === 'error'
        return (
          <path
            key={`${from.node.id} ${to.node.id}`}
            d={path}
            class={`${isFocused ? 'edge-focus' : ''} ${isBroken ? 'edge-broken' : ''}`}
          />
        )
      })}
    </svg>
  )
}

function Node({
  placed: { node, x, y, width },
  layout,
  isCurrent,
  onFocus,
}: {
  readonly placed: PlacedNode
  readonly layout: GraphLayout
  readonly isCurrent: boolean
  readonly onFocus: (id: string) => void
}): JSX.Element {
  const messages = useMessages()
  const { tone, icon } = STATES[node.state]
  const href = isCurrent ? undefined : hrefOf(node)
  const next = layout.edges.filter(({ from }) => from.node.id === node.id)
  const name = node.namespace === '' ? node.name : `${node.namespace}/${node.name}`
  return (
    <li
      class={`node tone-${tone} ${isCurrent ? 'node-current' : ''}`}
      style={{ '--x': `${(x / WIDTH) * 100}%`, '--y': `${y / 16}rem`, '--w': `${(width / WIDTH) * 100}%` }}
      title={visibleText(`${node.kind} ${name}${node.detail === '' ? '' : ` · ${node.detail}`}`)}
      onMouseEnter={() => onFocus(node.id)}
      onMouseLeave={() => onFocus('')}
    >
      <span class="node-kind">
        <Icon name={KIND_ICONS[node.kind] ?? 'workload'} />
        <span>{messages.graph.kinds[node.kind as keyof typeof messages.graph.kinds] ?? node.kind}</span>
        <span class="node-state">
          <Icon name={icon} />
          <span class="visually-hidden">{messages.graph.states[node.state]}</span>
        </span>
      </span>
      <span class="node-name">
        {href === undefined ? (
          <Text value={node.name} />
        ) : (
          <a href={href} onFocus={() => onFocus(node.id)} onBlur={() => onFocus('')}>
            <Text value={node.name} />
          </a>
        )}
      </span>
      <span class="node-detail">
        <Text value={node.detail === '' ? node.namespace : node.detail} />
      </span>
      {next.length === 0 ? null : (
        <span class="visually-hidden">{messages.graph.leadsTo(next.map(({ to }) => to.node.name).join(', '))}</span>
      )}
    </li>
  )
}

function isSelf(node: GraphNode, current: string): boolean {
  return node.kind === 'ExternalSecret'
    ? `${node.namespace}/${node.name}` === current
    : `${node.kind} ${node.namespace === '' ? '' : `${node.namespace}/`}${node.name}` === current
}

function hrefOf(node: GraphNode): string | undefined {
  switch (node.kind) {
    case 'ExternalSecret':
      return resourceHref(`${node.namespace}/${node.name}`)
    case 'SecretStore':
      return storeHref(`SecretStore ${node.namespace}/${node.name}`)
    case 'ClusterSecretStore':
      return storeHref(`ClusterSecretStore ${node.name}`)
    case 'PushSecret':
      return pushSecretHref(`PushSecret ${node.namespace}/${node.name}`)
    case 'ClusterExternalSecret':
      return formatRoute({ page: 'clusterExternalSecret', name: node.name })
    default:
      return undefined
  }
}
