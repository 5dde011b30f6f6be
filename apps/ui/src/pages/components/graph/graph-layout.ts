import type { GraphNode, GraphView } from '../../../model/views/index.ts'

/** Nodes of one column that are shown before the user asks for all. */
const COLUMN_LIMIT = 6

/** Units of the drawing: a node and the gap below it are {@link STEP} high. The width of all columns is {@link WIDTH}. */
export const NODE_HEIGHT = 64
const STEP = NODE_HEIGHT + 16
export const WIDTH = 1_000
/** Part of a column that its nodes take; the rest is for edges. */
const NODE_PART = 0.76

export interface PlacedNode {
  readonly node: GraphNode
  /** Of {@link WIDTH}. */
  readonly x: number
  readonly y: number
  readonly width: number
}

export interface PlacedEdge {
  readonly from: PlacedNode
  readonly to: PlacedNode
  readonly label: string
  /** For the attribute `d` of a path. */
  readonly path: string
}

export interface GraphLayout {
  /** From left to right, without empty ones. */
  readonly columns: ReadonlyArray<readonly PlacedNode[]>
  readonly edges: readonly PlacedEdge[]
  readonly height: number
  /** Nodes that are left out here. */
  readonly folded: number
}

const SEVERITY = { error: 0, warning: 1, ok: 2, unknown: 3 } as const

/** Places nodes in columns, each column in the middle of the height, and draws edges between them. */
export function layoutGraph(graph: GraphView, isWhole: boolean): GraphLayout {
  const columns = [...new Set(graph.nodes.map(({ column }) => column))]
    .sort((one, other) => one - other)
    .map((column) =>
      shown(
        graph.nodes.filter((node) => node.column === column),
        isWhole,
      ),
    )
  const tallest = Math.max(1, ...columns.map(({ length }) => length))
  const height = tallest * STEP - (STEP - NODE_HEIGHT)
  const pitch = columns.length > 1 ? WIDTH / (columns.length - 1 + NODE_PART) : WIDTH
  const width = pitch * NODE_PART
  const placed = columns.map((nodes, column) =>
    nodes.map((node, row): PlacedNode => {
      const top = ((tallest - nodes.length) * STEP) / 2
      return { node, x: column * pitch, y: top + row * STEP, width }
    }),
  )
  const byId = new Map(placed.flat().map((each) => [each.node.id, each]))
  const edges = graph.edges.flatMap(({ from, to, label }): PlacedEdge[] => {
    const start = byId.get(from)
    const end = byId.get(to)
    return start && end ? [{ from: start, to: end, label, path: edgePath(start, end) }] : []
  })
  return { columns: placed, edges, height, folded: graph.nodes.length - byId.size }
}

/** The nodes with a problem first, because those are looked for. */
function shown(nodes: readonly GraphNode[], isWhole: boolean): readonly GraphNode[] {
  if (isWhole || nodes.length <= COLUMN_LIMIT) return nodes
  return [...nodes].sort((one, other) => SEVERITY[one.state] - SEVERITY[other.state]).slice(0, COLUMN_LIMIT)
}

function edgePath(from: PlacedNode, to: PlacedNode): string {
  const middle = NODE_HEIGHT / 2
  if (from.x === to.x) {
    const x = from.x + from.width / 2
    const isDown = from.y < to.y
    return `M${round(x)} ${from.y + (isDown ? NODE_HEIGHT : 0)}V${to.y + (isDown ? 0 : NODE_HEIGHT)}`
  }
  const x1 = from.x + from.width
  const bend = (to.x - x1) / 2
  return `M${round(x1)} ${from.y + middle}C${round(x1 + bend)} ${from.y + middle} ${round(to.x - bend)} ${to.y + middle} ${round(to.x)} ${to.y + middle}`
}

function round(number: number): number {
  return Math.round(number * 10) / 10
}
