import type { TreeNode } from '@ack-secret-manager/resource-view'
import { printable } from '../output/printable.ts'
import type { Paint } from '../output/style.ts'

/** The tree as text, a line for each node, with the lines of `tree`. */
export function treeText(root: TreeNode, paint: Paint): string {
  return `${[nodeText(root, paint), ...childLines(root, paint)].join('\n')}\n`
}

function childLines({ children = [] }: TreeNode, paint: Paint): readonly string[] {
  return children.flatMap((child, index) => {
    const isLast = index === children.length - 1
    const below = childLines(child, paint).map((line) => `${isLast ? '    ' : '│   '}${line}`)
    return [`${isLast ? '└── ' : '├── '}${nodeText(child, paint)}`, ...below]
  })
}

function nodeText({ kind, namespace, name, ready, details }: TreeNode, paint: Paint): string {
  const label = printable(`${kind} ${namespace === undefined || namespace === '' ? name : `${namespace}/${name}`}`)
  const mark = ready === undefined ? '' : ready ? `${paint('green', '✓')} ` : `${paint('red', '✗')} `
  const rest = details === undefined || details === '' ? '' : ` · ${printable(details)}`
  return `${mark}${label}${rest}`
}
