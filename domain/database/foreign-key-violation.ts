/** Whether a statement failed because another row refers to its row, or because a row that it refers to does not exist. */
export function isForeignKeyViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23503'
}
