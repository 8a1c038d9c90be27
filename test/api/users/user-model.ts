/** One request about the users of two accounts. A user is named by its number, in the order in which they were added. */
export type UserCommand =
  | { do: 'add'; account: string; email: string }
  | { do: 'rename'; user: string; fullName: string }
  | { do: 'readdress'; user: string; email: string }
  | { do: 'move'; user: string; account: string }
  | { do: 'remove'; user: string }
  | { do: 'close'; account: string }
  | { do: 'restore'; account: string }

/** What the API should show of a user, and whether restoring its account brings it back. */
export interface ModelUser {
  account: string
  fullName: string
  email: string | null
  formerEmail: string | null
  returns: boolean
}

export interface UserModel {
  users: Record<string, ModelUser>
  closed: string[]
}

/**
 * Says what a request does, by the rules and without the code: an email belongs to one user who can sign in.
 * @param added the id of the user that an `add` makes.
 * @returns undefined when the rules refuse the request.
 */
export function afterCommand(model: UserModel, command: UserCommand, added = ''): UserModel | undefined {
  const isTaken = (email: string, by?: string) =>
    Object.entries(model.users).some(([id, user]) => id !== by && user.email === email)
  const isClosed = (account: string) => model.closed.includes(account)
  const withUser = (id: string, user: ModelUser): UserModel => ({
    ...model,
    users: { ...model.users, [id]: user },
  })
  if (command.do === 'add') {
    const { account, email } = command
    if (isClosed(account) || isTaken(email)) return undefined
    return withUser(added, { account, fullName: 'Grace', email, formerEmail: null, returns: false })
  }
  if (command.do === 'close') {
    if (isClosed(command.account)) return undefined
    const leaves = (user: ModelUser) => user.account === command.account && user.email !== null
    return {
      closed: [...model.closed, command.account],
      users: mapUsers(model.users, (user) =>
        leaves(user) ? { ...user, email: null, formerEmail: user.email, returns: true } : user,
      ),
    }
  }
  if (command.do === 'restore') {
    if (!isClosed(command.account)) return undefined
    return {
      closed: model.closed.filter((account) => account !== command.account),
      users: mapUsers(model.users, (user) => {
        if (user.account !== command.account || !user.returns) return user
        if (isTaken(user.formerEmail ?? '')) return { ...user, returns: false }
        return { ...user, email: user.formerEmail, formerEmail: null, returns: false }
      }),
    }
  }
  const user = model.users[command.user]
  if (user === undefined) return undefined
  if (command.do === 'readdress') {
    const { email } = command
    if (isTaken(email, command.user) || (user.email === null && isClosed(user.account))) return undefined
    return withUser(command.user, { ...user, email, formerEmail: null, returns: false })
  }
  if (user.email === null) return undefined
  if (command.do === 'rename') return withUser(command.user, { ...user, fullName: command.fullName })
  if (command.do === 'remove')
    return withUser(command.user, { ...user, email: null, formerEmail: user.email })
  if (isClosed(command.account) || command.account === user.account) return undefined
  return withUser(command.user, { ...user, account: command.account })
}

const mapUsers = (users: UserModel['users'], change: (user: ModelUser) => ModelUser) =>
  Object.fromEntries(Object.entries(users).map(([id, user]) => [id, change(user)]))
