import { describe, expect, it } from 'vitest'
import type { GraphNode } from '../../../model/views/index.ts'
import { layoutGraph, NODE_HEIGHT, WIDTH } from './graph-layout.ts'

function node(id: string, column: number, state: GraphNode['state'] = 'ok'): GraphNode {
  return { id, kind: 'Deployment', namespace: 'shop', name: id, state, detail: '', column }
}

describe('layoutGraph', () => {
  it('places columns from left to right without the empty ones, within the width', () => {
    const { columns, edges } = layoutGraph(
      { nodes: [node('c', 4), node('a', 0), node('b', 2)], edges: [{ from: 'a', to: 'b', label: '' }], more: 0 },
      false,
    )
    expect(columns.map(([first]) => first?.node.id)).toEqual(['a', 'b', 'c'])
    const last = columns.at(-1)?.[0]
    expect((last?.x ?? 0) + (last?.width ?? 0)).toBeCloseTo(WIDTH)
    expect(edges[0]?.path).toMatch(/^M[\d.]+ 32C/)
  })

  it('centres short columns, so that no two nodes overlap', () => {
    const { columns, height } = layoutGraph(
      { nodes: [node('a', 0), node('b', 1), node('c', 1), node('d', 1)], edges: [], more: 0 },
      false,
    )
    expect(height).toBe(3 * NODE_HEIGHT + 2 * 16)
    expect(columns[0]?.[0]?.y).toBe(columns[1]?.[1]?.y)
    expect(columns[1]?.map(({ y }) => y)).toEqual([0, 80, 160])
  })

  it('folds a long column, and keeps its problems', () => {
    const nodes = Array.from({ length: 100 }, (_node, index) => node(`w${index}`, 4, index === 77 ? 'error' : 'ok'))
    const graph = {
      nodes: [node('secret', 3), ...nodes],
      edges: nodes.map(({ id }) => ({ from: 'secret', to: id, label: '' })),
      more: 0,
    }
    const folded = layoutGraph(graph, false)
    expect(folded.columns[1]?.map((each) => each.node.id)).toEqual(['w77', 'w0', 'w1', 'w2', 'w3', 'w4'])
    expect([folded.folded, folded.edges.length]).toEqual([94, 6])
    expect(layoutGraph(graph, true).edges.length).toBe(100)
  })

  it('ignores edges to nodes that are not there, and has no node at all for an empty graph', () => {
    expect(
      layoutGraph({ nodes: [node('a', 0)], edges: [{ from: 'a', to: 'x', label: '' }], more: 0 }, false).edges,
    ).toEqual([])
    expect(layoutGraph({ nodes: [], edges: [], more: 0 }, false).columns).toEqual([])
  })

  it('draws a vertical line inside a column', () => {
    const { edges } = layoutGraph(
      { nodes: [node('a', 2), node('b', 2)], edges: [{ from: 'b', to: 'a', label: '' }], more: 0 },
      false,
    )
    expect(edges[0]?.path).toBe('M380 80V64')
  })
})
