/** One page of a list that is read by the ids of its items. */
export interface Page {
  limit: number
  /** The id of the last item of the previous page; undefined for the first page. */
  after: string | undefined
}
