import { crds, yamlOf } from './crd/crds.ts'
import { kinds } from './kinds.ts'
import { GROUP } from './names.ts'
import { referenceMarkdown } from './reference/reference-markdown.ts'
import { reasonsMarkdown } from './reference/reference-reasons.ts'

/** Content of every generated file by its path in the repository. */
export function generatedFiles(): ReadonlyMap<string, string> {
  return new Map([
    ...crds().map((crd) => [`packages/resources/crds/${GROUP}_${crd.spec.names.plural}.yaml`, yamlOf(crd)] as const),
    ['docs/reference/reasons.md', reasonsMarkdown()],
    ...kinds.map(({ kind, singular }) => [`docs/reference/${singular}.md`, referenceMarkdown(kind)] as const),
  ])
}
