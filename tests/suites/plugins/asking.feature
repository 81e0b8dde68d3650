Feature: Asking a target

  Scenario: Someone asks for health
    Given a target
    When I ask for /health
    Then the status is 200

  Scenario: Positive by its own name
    Given a target
    When I ask for /agents
    Then the status is 200

  Scenario: Rejection by its own name
    Given a target
    When I ask for /admin
    Then it is refused

  Scenario: Any answer by its own name
    Given a target
    When I ask for /health
    Then there is an answer

  Scenario: No traffic by its own name
    Given a target

  Scenario Outline: Positive of an outline
    Given a target
    When I ask for <path>
    Then the status is 200

    Examples:
      | path           |
      | /health        |
      | /health?a=b::c |
