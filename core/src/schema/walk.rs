//! Walking over expressions and queries: which columns they name, and renaming them.

use super::{BinaryOperator, ColumnReference, ColumnType, Expression, Name, Relation, Select, UnaryOperator};

impl Expression {
    /// Calls `visit` with every part of the expression directly below it.
    pub fn for_each_child<'a>(&'a self, visit: &mut dyn FnMut(&'a Expression)) {
        match self {
            Expression::Literal { .. } | Expression::Column(_) | Expression::Raw(_) => {}
            Expression::Unary { operand, .. }
            | Expression::IsNull { operand, .. }
            | Expression::Like { operand, .. }
            | Expression::Cast { operand, .. } => visit(operand),
            Expression::Binary { left, right, .. } => {
                visit(left);
                visit(right);
            }
            Expression::In { operand, list, .. } => {
                visit(operand);
                list.iter().for_each(visit);
            }
            Expression::Between { operand, low, high, .. } => {
                visit(operand);
                visit(low);
                visit(high);
            }
            Expression::Case { branches, otherwise } => {
                for (condition, result) in branches {
                    visit(condition);
                    visit(result);
                }
                otherwise.iter().for_each(|result| visit(result));
            }
            Expression::Call { arguments, .. } => arguments.iter().for_each(visit),
            Expression::Aggregate { argument, .. } => argument.iter().for_each(|argument| visit(argument)),
        }
    }

    /// As [`Expression::for_each_child`], to change them.
    pub fn for_each_child_mut(&mut self, visit: &mut dyn FnMut(&mut Expression)) {
        match self {
            Expression::Literal { .. } | Expression::Column(_) | Expression::Raw(_) => {}
            Expression::Unary { operand, .. }
            | Expression::IsNull { operand, .. }
            | Expression::Like { operand, .. }
            | Expression::Cast { operand, .. } => visit(operand),
            Expression::Binary { left, right, .. } => {
                visit(left);
                visit(right);
            }
            Expression::In { operand, list, .. } => {
                visit(operand);
                list.iter_mut().for_each(visit);
            }
            Expression::Between { operand, low, high, .. } => {
                visit(operand);
                visit(low);
                visit(high);
            }
            Expression::Case { branches, otherwise } => {
                for (condition, result) in branches {
                    visit(condition);
                    visit(result);
                }
                otherwise.iter_mut().for_each(|result| visit(result));
            }
            Expression::Call { arguments, .. } => arguments.iter_mut().for_each(visit),
            Expression::Aggregate { argument, .. } => argument.iter_mut().for_each(|argument| visit(argument)),
        }
    }

    /// Whether it, or a part of it, is what `test` looks for.
    pub fn any(&self, test: &dyn Fn(&Expression) -> bool) -> bool {
        let mut found = test(self);
        self.for_each_child(&mut |child| found = found || child.any(test));
        found
    }

    /// Calls `visit` with every column that it names.
    pub fn for_each_column(&self, visit: &mut dyn FnMut(&ColumnReference)) {
        if let Expression::Column(column) = self {
            visit(column);
        }
        self.for_each_child(&mut |child| child.for_each_column(visit));
    }

    /// As [`Expression::for_each_column`], to change them.
    pub fn for_each_column_mut(&mut self, visit: &mut dyn FnMut(&mut ColumnReference)) {
        if let Expression::Column(column) = self {
            visit(column);
        }
        self.for_each_child_mut(&mut |child| child.for_each_column_mut(visit));
    }

    /// Whether it names the column. For expressions over one table.
    pub fn names_column(&self, name: &Name) -> bool {
        self.any(&|part| matches!(part, Expression::Column(column) if column.name.key() == name.key()))
    }

    /// Whether it is a predicate in every engine's grammar: a comparison, AND, OR, NOT, IS NULL, IN, BETWEEN, LIKE. Other
    /// booleans (a column, a literal, CASE, COALESCE) are values.
    pub fn is_predicate(&self) -> bool {
        match self {
            Expression::Binary { operator, .. } => {
                operator.is_comparison() || matches!(operator, BinaryOperator::And | BinaryOperator::Or)
            }
            Expression::Unary { operator, .. } => *operator == UnaryOperator::Not,
            Expression::IsNull { .. }
            | Expression::In { .. }
            | Expression::Between { .. }
            | Expression::Like { .. } => true,
            _ => false,
        }
    }

    /// Whether its result is a boolean. True for raw text, of which nothing is known.
    pub fn is_boolean(&self) -> bool {
        matches!(self, Expression::Raw(_)) || self.column_type() == Some(ColumnType::Boolean)
    }
}

impl Relation {
    /// The name by which columns of it are qualified: its alias, or its own name.
    pub fn exposed(&self) -> &Name {
        self.alias.as_ref().unwrap_or(&self.name)
    }
}

impl Select {
    /// The relations, in order.
    pub fn relations(&self) -> impl Iterator<Item = &Relation> {
        std::iter::once(&self.from).chain(self.joins.iter().map(|join| &join.relation))
    }

    /// Calls `visit` with every expression of the query.
    pub fn for_each_expression(&self, visit: &mut dyn FnMut(&Expression)) {
        self.items.iter().for_each(|item| visit(&item.expression));
        self.joins.iter().for_each(|join| visit(&join.on));
        self.filter.iter().for_each(&mut *visit);
        self.group_by.iter().for_each(&mut *visit);
    }

    /// As [`Select::for_each_expression`], to change them.
    pub fn for_each_expression_mut(&mut self, visit: &mut dyn FnMut(&mut Expression)) {
        self.items.iter_mut().for_each(|item| visit(&mut item.expression));
        self.joins.iter_mut().for_each(|join| visit(&mut join.on));
        self.filter.iter_mut().for_each(&mut *visit);
        self.group_by.iter_mut().for_each(&mut *visit);
    }

    /// Whether the query reads from the table or view.
    pub fn reads(&self, relation: &Name) -> bool {
        let key = relation.key();
        self.relations().any(|candidate| candidate.name.key() == key)
    }

    /// Whether a reference in this query may mean a column of the relation: it is qualified by it, or not at all.
    pub(super) fn may_mean(&self, reference: &ColumnReference, relation: &Name) -> bool {
        match &reference.relation {
            None => self.reads(relation),
            Some(qualifier) => self.relations().any(|candidate| {
                candidate.exposed().key() == qualifier.key() && candidate.name.key() == relation.key()
            }),
        }
    }

    /// Whether the query names the column of the table.
    pub fn names_column(&self, table: &Name, column: &Name) -> bool {
        let mut found = false;
        self.for_each_expression(&mut |expression| {
            expression.for_each_column(&mut |reference| {
                found = found || reference.name.key() == column.key() && self.may_mean(reference, table);
            });
        });
        found
    }
}
