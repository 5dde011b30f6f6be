/** What a page can ask for. */
export type ActionName = 'refresh' | 'suspend' | 'resume'

/**
 * Whether to offer an action: `allowed` · `denied`: by RBAC · `unknown`: the API server did not say whether RBAC allows it ·
 * `read-only`: the server was started with `--read-only` · `no-effect`: such as `resume` of a resource that is not suspended; `why` says so.
 */
export type Permission =
  | { readonly state: 'allowed' }
  | { readonly state: 'denied' | 'unknown' | 'no-effect'; readonly why: string }
  | { readonly state: 'read-only' }

/** Body of `POST api/v1/actions`. */
export interface ActionRequest {
  readonly action: ActionName
  readonly namespace: string
  readonly name: string
  /** {@link ResourceDetail.uid}: a recreated resource is not changed. */
  readonly uid: string
}

/** Its answer, with status 200 whatever the result is. `message` is the end of a sentence that begins with the resource. */
export interface ActionResult {
  readonly result: 'done' | 'unchanged' | 'failed' | 'refused'
  readonly message: string
}
