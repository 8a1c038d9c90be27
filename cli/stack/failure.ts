/** A failure with a next action. It is printed as one line, without a stack trace. */
export class StartFailure extends Error {
  readonly nextAction: string

  constructor(message: string, nextAction: string) {
    super(message)
    this.name = 'StartFailure'
    this.nextAction = nextAction
  }
}

export class StartFailures extends Error {
  override readonly name = 'StartFailures'
  readonly failures: readonly StartFailure[]

  constructor(failures: readonly StartFailure[]) {
    super(failures.map(({ message }) => message).join('; '))
    this.failures = failures
  }
}

/** The failures with a next action in a thrown error; none for any other error. */
export function failuresIn(error: unknown): readonly StartFailure[] {
  if (error instanceof StartFailures) return error.failures
  return error instanceof StartFailure ? [error] : []
}
