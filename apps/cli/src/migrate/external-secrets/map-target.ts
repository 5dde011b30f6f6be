import { defined } from '@ack-secret-manager/core'
import type { Findings } from '../findings.ts'
import type { ManifestFields } from '../manifest-fields.ts'
import { type MappedTemplate, mapTemplate } from './map-template.ts'

const WHO = 'External Secrets Operator'

/** A converted target. */
export interface MappedTarget {
  readonly name?: string
  readonly creationPolicy?: 'Merge'
  readonly deletionPolicy?: 'Retain'
  readonly immutable?: true
  readonly template?: MappedTemplate
  /** The Secret has an ownerReference of that operator. */
  readonly isOwned: boolean
}

/** `spec.target` */
export function mapTarget(target: ManifestFields | undefined, findings: Findings): MappedTarget {
  if (target === undefined) return { isOwned: true }
  const name = target.text('name')
  const creation = target.text('creationPolicy') ?? 'Owner'
  noteDeletion(target, findings)
  const immutable = target.flag('immutable')
  const fields = target.fields('template')
  const template = fields === undefined ? undefined : mapTemplate(fields, findings)
  if (creation === 'Merge' && template?.type === undefined) {
    findings.changed(
      target.at('creationPolicy'),
      'an existing Secret must be of type Opaque; there its type did not matter',
      'if it has another type, set that as target.template.type',
    )
  }
  if (target.has('manifest')) {
    findings.refuses(target.at('manifest'), 'it does not write a Secret', `leave it to ${WHO}`)
  }
  target.end(WHO)
  return {
    ...defined({ name }),
    ...policyOf(creation, target.at('creationPolicy'), findings),
    ...(immutable ? immutableOf(target, findings) : {}),
    ...defined({ template }),
    isOwned: creation === 'Owner',
  }
}

function policyOf(
  creation: string,
  field: string,
  findings: Findings,
): Pick<MappedTarget, 'creationPolicy' | 'deletionPolicy'> {
  switch (creation) {
    case 'Owner':
      return {}
    case 'Orphan':
      findings.changed(
        field,
        'deletionPolicy: Retain keeps the Secret when the resource is deleted; an edited or deleted Secret is restored at once, there at the next refresh',
      )
      return { deletionPolicy: 'Retain' }
    case 'Merge':
      findings.changed(field, 'a missing Secret is created; there the operator waited for it')
      return { creationPolicy: 'Merge', deletionPolicy: 'Retain' }
    case 'None':
      findings.refuses(field, 'it creates no Secret', 'remove the resource')
      return {}
    default:
      findings.refuses(field, `${WHO} has no policy ${creation}`)
      return {}
  }
}

/** Its policy for secrets that are deleted in KMS, which its Alibaba provider reports as an error like any other. */
function noteDeletion(target: ManifestFields, findings: Findings): void {
  target.pass('deletionPolicy')
  if ([undefined, null, '', 'Retain'].includes(target.value['deletionPolicy'] as string | null | undefined)) return
  findings.changed(
    target.at('deletionPolicy'),
    'a secret that is deleted in KMS is an error and its keys stay, as there; the Secret also stays if all extracted documents are empty (NoData)',
  )
}

function immutableOf(target: ManifestFields, findings: Findings): Pick<MappedTarget, 'immutable'> {
  findings.changed(target.at('immutable'), 'a new value recreates the Secret; there it was an error')
  return { immutable: true }
}
