//! Calls: the function is found, its arguments counted and checked; what is more than a computation is built here.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::{Compiled, Compiler, Typed, settle, types};
use crate::adapter::nearest;
use crate::seed::formula::Salted;
use crate::seed::formula::convert;
use crate::seed::formula::error::FormulaError;
use crate::seed::formula::hash::{DEFAULT_COST, Hash};
use crate::seed::formula::node::{Node, Operation};
use crate::seed::formula::syntax::{Kind, Syntax};
use crate::seed::formula::types::Type;
use crate::seed::functions;
use crate::seed::functions::definition::{Accepts, Body, Built, Definition, Unique};
use crate::value::Value;

impl Compiler<'_> {
    pub(super) fn call(
        &mut self,
        name: &str,
        name_span: Range<usize>,
        arguments: Vec<Syntax>,
        span: Range<usize>,
    ) -> Compiled {
        let definition = self.function(name, &name_span)?;
        self.volatile |= definition.volatile;
        if let Body::Built(built) = definition.body {
            return self.build(built, definition, arguments, span);
        }
        self.plain_call(definition, arguments, span, false)
    }

    fn function(&self, name: &str, span: &Range<usize>) -> Compiled<&'static Definition> {
        functions::find(name).ok_or_else(|| {
            let error =
                FormulaError::new("formula.unknown-function", span.clone(), format!("there is no function {name}"));
            if let Some(here) = functions::elsewhere::here(name) {
                return error.with_help(format!("here it is {here}; fastman factory:functions lists them all"));
            }
            match nearest(name, functions::names()) {
                Some(near) => error.with_help(format!("did you mean {near}? fastman factory:functions lists them all")),
                None => error.with_help("fastman factory:functions lists them all"),
            }
        })
    }

    /// A call with its arguments, each of a type that the function takes.
    fn plain_call(
        &mut self,
        definition: &'static Definition,
        arguments: Vec<Syntax>,
        span: Range<usize>,
        unique: bool,
    ) -> Compiled {
        self.counts |= unique || definition.info.name == "seq" && arguments.is_empty();
        let least = definition.parameters.iter().filter(|parameter| !parameter.optional).count();
        let most = if definition.repeats { usize::MAX } else { definition.parameters.len() };
        if !(least..=most).contains(&arguments.len()) {
            return Err(wrong_count(definition, arguments.len(), span));
        }
        let mut nodes = Vec::with_capacity(arguments.len());
        for (index, argument) in arguments.into_iter().enumerate() {
            let argument = self.compile(argument)?;
            let parameter = definition.parameters.get(index).or_else(|| definition.parameters.last());
            let accepts = parameter.map_or(Accepts::Any, |parameter| parameter.accepts);
            if !takes(accepts, argument.gives) {
                let message = format!(
                    "{} takes {} here, and this is {}",
                    definition.info.name,
                    wanted(accepts),
                    argument.gives.name()
                );
                let error = types(argument.span(), message);
                return Err(error.with_help(format!("it is called like {}", definition.info.signature)));
            }
            nodes.push(settle(argument.node, accepts)?);
        }
        let gives = match (definition.result, nodes.first().and_then(Node::as_constant)) {
            (Type::Number, Some(first)) if definition.pure => Type::of(first),
            (gives, _) => gives,
        };
        self.finish(Operation::Call { definition, arguments: nodes, unique }, gives, span)
    }

    fn build(
        &mut self,
        built: Built,
        definition: &'static Definition,
        mut arguments: Vec<Syntax>,
        span: Range<usize>,
    ) -> Compiled {
        let count = arguments.len();
        let (least, most) = match built {
            Built::Now | Built::Today | Built::Null => (0, 0),
            Built::Unique => (1, 1),
            Built::Pick | Built::Coalesce | Built::Concatenate => (1, usize::MAX),
            Built::Weighted => (2, usize::MAX),
            Built::Maybe | Built::Bcrypt => (1, 2),
            Built::Argon2 => (1, 1),
            Built::NullIf => (2, 2),
            // The parser reads ref(...) itself.
            Built::Reference => (1, 0),
        };
        if !(least..=most).contains(&count) {
            return Err(wrong_count(definition, count, span));
        }
        match built {
            Built::Now => Ok(Typed { node: Node { operation: Operation::Now, span }, gives: Type::Instant }),
            Built::Today => Ok(Typed { node: Node { operation: Operation::Today, span }, gives: Type::Date }),
            Built::Null => Ok(Typed { node: Node::constant(Value::Null, span), gives: Type::Null }),
            Built::Unique => match arguments.pop() {
                Some(argument) => self.unique(argument, span),
                None => Err(wrong_count(definition, count, span)),
            },
            Built::Pick => {
                self.counts = true;
                let (choices, gives) = self.choices(arguments)?;
                Ok(Typed { node: Node { operation: Operation::Pick { choices, unique: false }, span }, gives })
            }
            Built::Weighted => self.weighted(definition, arguments, span),
            Built::Maybe => self.maybe(arguments, span),
            Built::Coalesce => {
                let (choices, gives) = self.choices(arguments)?;
                self.finish(Operation::Coalesce(choices), gives, span)
            }
            Built::Concatenate => {
                let parts = arguments.into_iter().map(|part| self.compile(part)).collect::<Compiled<Vec<Typed>>>()?;
                self.concatenate(parts, span)
            }
            Built::NullIf => {
                let (mut choices, _) = self.choices(arguments)?;
                match (choices.pop(), choices.pop()) {
                    (Some(right), Some(left)) => {
                        self.finish(Operation::NullIf(Box::new((left, right))), Type::Any, span)
                    }
                    _ => Err(wrong_count(definition, count, span)),
                }
            }
            Built::Bcrypt => self.hash(Salted::Bcrypt, arguments, span),
            Built::Argon2 => self.hash(Salted::Argon2, arguments, span),
            Built::Reference => Err(wrong_count(definition, count, span)),
        }
    }

    fn choices(&mut self, arguments: Vec<Syntax>) -> Compiled<(Vec<Node>, Type)> {
        let mut gives = Type::Null;
        let mut choices = Vec::with_capacity(arguments.len());
        for argument in arguments {
            let choice = self.compile(argument)?;
            gives = gives.or(choice.gives);
            choices.push(choice.node);
        }
        Ok((choices, gives))
    }

    fn weighted(&mut self, definition: &'static Definition, arguments: Vec<Syntax>, span: Range<usize>) -> Compiled {
        if arguments.len() % 2 == 1 {
            return Err(wrong_count(definition, arguments.len(), span));
        }
        let (nodes, _) = self.choices(arguments)?;
        let mut choices = Vec::with_capacity(nodes.len() / 2);
        let mut total: u64 = 0;
        let mut gives = Type::Null;
        let mut nodes = nodes.into_iter();
        while let (Some(choice), Some(weight)) = (nodes.next(), nodes.next()) {
            let weight = match weight.as_constant() {
                Some(Value::Integer(weight)) => u32::try_from(*weight).ok(),
                _ => None,
            };
            match weight {
                Some(weight) => total += u64::from(weight),
                None => {
                    return Err(types(choice.span, "the weight behind this choice is no whole number from 0 on")
                        .with_help("write weighted('often', 3, 'seldom', 1)"));
                }
            }
            gives = gives.or(choice.as_constant().map_or(Type::Any, Type::of));
            choices.push((total, choice));
        }
        if total == 0 {
            return Err(types(span, "all weights are 0, so nothing can be chosen"));
        }
        Ok(Typed { node: Node { operation: Operation::Weighted { choices, total }, span }, gives })
    }

    fn maybe(&mut self, arguments: Vec<Syntax>, span: Range<usize>) -> Compiled {
        let mut arguments = arguments.into_iter();
        let Some(value) = arguments.next() else { return Err(types(span, "maybe(...) needs a value")) };
        let value = self.compile(value)?;
        let probability = match arguments.next() {
            None => 0.5,
            Some(argument) => {
                let argument = self.compile(argument)?;
                let number = argument.node.as_constant().and_then(convert::double);
                match number.filter(|number| (0.0..=1.0).contains(number)) {
                    Some(number) => number,
                    None => return Err(types(argument.span(), "a probability is a constant from 0 to 1, such as 0.8")),
                }
            }
        };
        let gives = value.gives;
        let operation = Operation::Maybe { value: Box::new(value.node), probability };
        Ok(Typed { node: Node { operation, span }, gives })
    }

    fn hash(&mut self, algorithm: Salted, arguments: Vec<Syntax>, span: Range<usize>) -> Compiled {
        let mut arguments = arguments.into_iter();
        let password = match arguments.next() {
            Some(password) => self.text(password)?,
            None => return Err(types(span, "there is no password to hash")),
        };
        let mut cost = DEFAULT_COST;
        if let Some(argument) = arguments.next() {
            let argument = self.compile(argument)?;
            cost = match argument.node.as_constant() {
                Some(Value::Integer(cost @ 4..=31)) => *cost as u32,
                _ => return Err(types(argument.span(), "bcrypt's cost is a constant from 4 to 31")),
            };
        }
        if let Some(Value::Text(text)) = password.as_constant()
            && algorithm == Salted::Bcrypt
            && (text.len() > 71 || text.contains('\0'))
        {
            return Err(FormulaError::new(
                "formula.bad-value",
                password.span.clone(),
                "bcrypt takes passwords of up to 71 bytes without NUL, and would ignore the rest",
            )
            .with_help("use argon2(...) for longer ones"));
        }
        self.volatile |= self.scope.place == crate::seed::formula::Place::Seeder;
        let once = Arc::new(OnceLock::new());
        let hash = Hash { algorithm, password, cost, place: self.scope.place, once };
        Ok(Typed { node: Node { operation: Operation::Hash(Box::new(hash)), span }, gives: Type::Text })
    }

    /// `unique(...)` around a call.
    fn unique(&mut self, argument: Syntax, span: Range<usize>) -> Compiled {
        let refusal = |message: String, help: &str| {
            Err(FormulaError::new("formula.not-unique", span.clone(), message).with_help(help))
        };
        let (name, name_span, arguments, inner) = match argument.kind {
            Kind::Call { name, name_span, arguments } => (name, name_span, arguments, argument.span),
            Kind::Binary { .. } => {
                return refusal(
                    "unique(...) takes a single call, not an expression".to_owned(),
                    "put it inside, around the part that makes the value distinct: 'u-' || unique(word())",
                );
            }
            _ => {
                return refusal(
                    "unique(...) takes the call of a function that makes values up".to_owned(),
                    "write unique(email()), or add seq() to the value: name || ' ' || seq()",
                );
            }
        };
        let definition = self.function(&name, &name_span)?;
        if let Body::Built(built) = definition.body {
            if built == Built::Pick {
                return self.unique_pick(arguments, inner, span);
            }
            return refusal(
                format!("unique({name}(...)) can't be kept"),
                "unique(...) takes a function that makes values up, such as unique(email())",
            );
        }
        match definition.unique {
            Unique::Refused(why) => refusal(
                format!("unique({name}(...)) can't be kept: {why}"),
                "add seq(), which is another number in every row, or use a function with more values",
            ),
            Unique::Always => self.plain_call(definition, arguments, span, false),
            Unique::List => {
                let Body::List(words) = definition.body else {
                    return refusal(format!("unique({name}()) can't be kept"), "add seq() to the value");
                };
                if !arguments.is_empty() {
                    return Err(wrong_count(definition, arguments.len(), inner));
                }
                let mut choices: Vec<Node> = Vec::new();
                for word in words(self.scope.locale.lexicon()) {
                    if !choices.iter().any(|seen| matches!(seen.as_constant(), Some(Value::Text(text)) if text == word))
                    {
                        choices.push(Node::constant(Value::Text((*word).to_owned()), inner.clone()));
                    }
                }
                self.counts = true;
                let operation = Operation::Pick { choices, unique: true };
                Ok(Typed { node: Node { operation, span }, gives: Type::Text })
            }
            Unique::Suffix(_) | Unique::Sentence | Unique::Own => self.plain_call(definition, arguments, span, true),
        }
    }

    fn unique_pick(&mut self, arguments: Vec<Syntax>, inner: Range<usize>, span: Range<usize>) -> Compiled {
        self.counts = true;
        let (choices, gives) = self.choices(arguments)?;
        for (index, choice) in choices.iter().enumerate() {
            let problem = match choice.as_constant() {
                None => Some("only constants can be told to be distinct"),
                Some(value) => choices[..index]
                    .iter()
                    .any(|earlier| earlier.as_constant() == Some(value))
                    .then_some("this choice is there twice"),
            };
            if let Some(problem) = problem {
                return Err(FormulaError::new("formula.not-unique", choice.span.clone(), problem));
            }
        }
        if choices.is_empty() {
            return Err(types(inner, "there is nothing to pick from"));
        }
        Ok(Typed { node: Node { operation: Operation::Pick { choices, unique: true }, span }, gives })
    }
}

fn wrong_count(definition: &Definition, given: usize, span: Range<usize>) -> FormulaError {
    let given = match given {
        0 => "no arguments".to_owned(),
        1 => "1 argument".to_owned(),
        more => format!("{more} arguments"),
    };
    let message = format!("{} can't be called with {given}", definition.info.name);
    FormulaError::new("formula.arguments", span, message)
        .with_help(format!("it is called like {}", definition.info.signature))
}

fn takes(accepts: Accepts, gives: Type) -> bool {
    let open = gives.is_open();
    match accepts {
        Accepts::Any => gives != Type::Interval,
        Accepts::Integer => open || matches!(gives, Type::Integer | Type::Number),
        Accepts::Number => gives.is_number(),
        Accepts::Text => open || matches!(gives, Type::Text | Type::Uuid | Type::Json),
        Accepts::Date | Accepts::Instant => gives.is_moment(),
        Accepts::Time => open || matches!(gives, Type::Time | Type::Timestamp | Type::Instant | Type::Text),
    }
}

fn wanted(accepts: Accepts) -> &'static str {
    match accepts {
        Accepts::Any => "a value",
        Accepts::Integer => "an integer",
        Accepts::Number => "a number",
        Accepts::Text => "a text",
        Accepts::Date => "a date",
        Accepts::Instant => "a date and time",
        Accepts::Time => "a time",
    }
}
