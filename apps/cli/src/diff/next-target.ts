import type { ObservedSecret, Owner, OwnerRecord, TargetAction } from '@ack-secret-manager/core'

/** The state of a target after an action, as its writer would observe it. Pure. @param version a new resourceVersion */
export function nextTarget(
  action: TargetAction,
  before: ObservedSecret | undefined,
  version: string,
): ObservedSecret | undefined {
  switch (action.kind) {
    case 'create':
    case 'replace':
      return {
        target: action.target,
        uid: `new-${version}`,
        resourceVersion: version,
        type: action.type,
        immutable: action.record.immutable === true,
        controller: controllerOf(action.owner, action.record),
        records: new Map([[action.owner.name, action.record]]),
        drifted: [],
        foreignKeys: new Set(),
        adoptRequested: false,
        metadataDrifted: false,
      }
    case 'patch':
      return before && patched(action, before, version)
    case 'record':
      return (
        before && { ...before, resourceVersion: version, records: withRecord(before, action.ownerName, action.record) }
      )
    case 'release':
      return action.how === 'delete' ? undefined : before && released(action, before, version)
    case 'finish':
      return before
  }
}

function patched(
  { owner, record, set, remove }: Extract<TargetAction, { kind: 'patch' }>,
  before: ObservedSecret,
  version: string,
): ObservedSecret {
  const written = new Set([...set.keys(), ...remove])
  return {
    ...before,
    resourceVersion: version,
    immutable: before.immutable || record.immutable === true,
    controller: controllerOf(owner, record) ?? (record.creation === 'merge' ? before.controller : undefined),
    records: withRecord(before, owner.name, record),
    drifted: before.drifted.filter((key) => !written.has(key)),
    foreignKeys: new Set([...before.foreignKeys].filter((key) => !written.has(key))),
    adoptRequested: false,
    metadataDrifted: false,
  }
}

function released(
  { ownerName, removeKeys }: Extract<TargetAction, { kind: 'release' }>,
  before: ObservedSecret,
  version: string,
): ObservedSecret {
  const records = new Map(before.records)
  const left = [...(records.get(ownerName)?.keys.keys() ?? [])].filter((key) => !removeKeys.includes(key))
  records.delete(ownerName)
  const isController = before.controller?.name === ownerName
  return {
    ...before,
    resourceVersion: version,
    records,
    controller: isController ? undefined : before.controller,
    foreignKeys: new Set([...before.foreignKeys, ...left]),
  }
}

function withRecord({ records }: ObservedSecret, name: string, record: OwnerRecord): ObservedSecret['records'] {
  return new Map(records).set(name, record)
}

function controllerOf({ kind, name, uid }: Owner, record: OwnerRecord): ObservedSecret['controller'] {
  return record.creation === 'owner' && record.deletion === 'delete' ? { kind, name, uid } : undefined
}
